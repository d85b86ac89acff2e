import { annals, subscription, view, type App, type EventStore } from 'annals'
import {
  drop,
  health,
  parked,
  pause,
  resume,
  status,
  versions,
  why,
  type ProcessorStatus,
} from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { PostgreSQL, SQLite, totals } from '../following/projecting.ts'
import { stores } from '../following/stores.ts'
import { all } from './all.ts'

const Balances = view('balances', AccountState)
const Receipts = subscription('receipts', AccountEvents, { MoneyDeposited: () => undefined })

function bankOn(store: EventStore): App {
  return annals({ store, background: [Balances, Receipts] })
}

/** What the store of a bank knows. */
async function knownTo(bank: App): Promise<readonly string[]> {
  return (await versions(bank)).map(({ name, version }) => `${name}@${version}`)
}

async function statusOf(bank: App, name: string): Promise<ProcessorStatus | undefined> {
  return (await status(bank)).processors.find((processor) => processor.name === name)
}

describe.each(stores)('$name', ({ at }) => {
  test('who only looks writes nothing', async () => {
    await using place = await at()
    await using bank = bankOn(place.open())
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await status(bank)
    await health(bank)
    expect(await parked(bank)).toEqual([])
    expect(await parked(bank, { of: Receipts })).toEqual([])
    expect(await all(why(bank, Balances, 'a'))).toMatchObject([
      { state: { balance: 5 }, kept: false },
    ])
    expect(await knownTo(bank)).toEqual([])
  })

  test('what is declared, and not in the store yet, is shown as such', async () => {
    await using place = await at()
    await using bank = bankOn(place.open())
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect((await status(bank)).processors).toMatchObject([
      { name: 'balances', version: '1.1', kind: 'view', state: 'new', live: false },
      { name: 'receipts', state: 'new', position: undefined, lag: undefined, slices: [] },
    ])
    expect(await health(bank, { lag: 0 })).toEqual({
      healthy: false,
      problems: [
        'balances is not in the store yet: call start() in a process that keeps it',
        'receipts is not in the store yet: call start() in a process that keeps it',
      ],
    })
  })

  test('what was dropped stays so, whoever looks for it', async () => {
    await using place = await at()
    {
      await using before = bankOn(place.open())
      await before.open(Account, 'a').deposit({ amount: 5 })
      await before.start()
      await before.caughtUp()
    }
    await using bank = annals({ store: place.open(), background: [Balances] })
    for (const [name, version] of [
      ['balances', '1.1'],
      ['receipts', '1'],
    ] as const)
      await drop(bank, name, version, { live: true })
    await using old = bankOn(place.open())
    expect((await status(old)).processors.map(({ state }) => state)).toEqual(['new', 'new'])
    expect(await parked(old, { of: 'balances' })).toEqual([])
    expect(await all(why(old, Balances, 'a'))).toMatchObject([{ kept: false }])
    await expect(pause(old, Balances)).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
      message: expect.stringContaining(
        'pause: the store knows no balances@1.1 yet; start an app that keeps it first',
      ) as string,
    })
    await expect(resume(old, Receipts)).rejects.toThrow('resume: the store knows no receipts@1 yet')
    expect(await knownTo(old)).toEqual([])
  })

  test('an inline view that the first append will make is nothing to worry about', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    expect(await statusOf(bank, 'balances')).toMatchObject({ state: 'new' })
    expect(await health(bank)).toEqual({ healthy: true, problems: [] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await statusOf(bank, 'balances')).toMatchObject({ state: 'inline', position: 1 })
  })

  test('pausing says which version it was, and that appends keep an inline one all the same', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances], background: [Receipts] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await pause(bank, 'receipts')).toEqual({
      name: 'receipts',
      version: '1',
      inline: false,
    })
    expect(await pause(bank, Balances)).toEqual({
      name: 'balances',
      version: '1.1',
      inline: true,
    })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 10 })
    expect(await statusOf(bank, 'balances')).toMatchObject({ state: 'inline', lag: 0 })
    expect(await resume(bank, Balances)).toMatchObject({ inline: true })
  })
})

describe.each([SQLite, PostgreSQL])('$name', ({ at, projection }) => {
  const Mistyped = projection({
    ...totals,
    setup: (write, table) => write(`create tabel ${table('totals')} (id text)`),
  })

  test('the setup of a projection is run by who keeps it, and not by who looks', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Mistyped] })
    expect((await status(bank)).processors).toMatchObject([{ name: 'totals', state: 'new' }])
    expect(await parked(bank)).toEqual([])
  })

  test('a setup that fails is told with the name of its projection', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Mistyped] })
    await expect(bank.start()).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
      message: expect.stringMatching(
        /^the setup of the projection totals failed: .*syntax error/,
      ) as string,
      cause: expect.objectContaining({
        message: expect.stringContaining('syntax error') as string,
      }) as Error,
    })
    expect(await knownTo(bank)).toEqual([])
  })
})
