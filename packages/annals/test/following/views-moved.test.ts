import { annals, fold, view, type App } from 'annals'
import { status } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { stores } from './stores.ts'
import { eventually } from './waiting.ts'

const Balances = view('balances', AccountState)

async function stateOf(bank: App): Promise<string | undefined> {
  return (await status(bank)).processors[0]?.state
}

describe.each(stores)('$name', ({ at }) => {
  test('a view that is to be inline takes in the past first, and every append from then on', async () => {
    await using place = await at()
    await using before = annals({ store: place.open() })
    for (const amount of [1, 2, 3]) await before.open(Account, 'a').deposit({ amount })
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await bank.open(Account, 'a').deposit({ amount: 4 })
    expect(await stateOf(bank)).toBe('stopped')
    await expect(bank.caughtUp({ timeout: '20ms' })).rejects.toMatchObject({
      code: 'ANNALS_BEHIND',
      message:
        'after 20ms, balances is at position 0, run by nobody: call start() in a process that keeps it, and the log was at 4',
    })
    await bank.start()
    await eventually(() => stateOf(bank)).toBe('inline')
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 10 })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 15 })
  })

  test('a view becomes inline while appends go on', async () => {
    await using place = await at()
    await using before = annals({ store: place.open() })
    await before.open(Account, 'a').deposit({ amount: 1 })
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await bank.start()
    let balance = 1
    do {
      await Promise.all([
        bank.open(Account, 'a').deposit({ amount: 1 }),
        bank.open(Account, 'b').deposit({ amount: 1 }),
      ])
      balance++
    } while ((await stateOf(bank)) !== 'inline')
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance })
    expect(await bank.find(Balances, 'b')).toMatchObject({ balance: balance - 1 })
  })

  test('a view may be moved to the background and back', async () => {
    await using place = await at()
    for (const way of ['inline', 'background', 'inline', 'inline', 'background'] as const) {
      await using bank = annals({ store: place.open(), [way]: [Balances] })
      await bank.open(Account, 'a').deposit({ amount: 1 })
      await bank.start()
      await bank.caughtUp()
      const { state } = await bank.open(Account, 'b').deposit({ amount: 1 })
      await bank.caughtUp()
      expect(await bank.find(Balances, 'b')).toEqual(state)
      expect(await bank.find(Balances, 'a')).toEqual(state)
    }
  })

  test('a process that does not know an inline view leaves no hole', async () => {
    await using place = await at()
    await using knowing = annals({ store: place.open(), inline: [Balances] })
    await using unknowing = annals({ store: place.open() })
    await knowing.open(Account, 'a').deposit({ amount: 1 })
    expect(await stateOf(knowing)).toBe('inline')
    await unknowing.open(Account, 'a').deposit({ amount: 2 })
    await knowing.open(Account, 'a').deposit({ amount: 4 })
    expect(await stateOf(knowing)).toBe('stopped')
    await knowing.start()
    await knowing.caughtUp()
    expect(await knowing.find(Balances, 'a')).toMatchObject({ balance: 7 })
    await eventually(() => stateOf(knowing)).toBe('inline')
  })

  test('a process with another version of an inline view leaves no hole in either', async () => {
    await using place = await at()
    const Newer = view('balances', AccountState, { version: 2 })
    await using old = annals({ store: place.open(), inline: [Balances] })
    await old.open(Account, 'a').deposit({ amount: 1 })
    await using bank = annals({ store: place.open(), inline: [Newer] })
    await bank.open(Account, 'a').deposit({ amount: 2 })
    await old.open(Account, 'a').deposit({ amount: 4 })
    await Promise.all([old.start(), bank.start()])
    await Promise.all([old.caughtUp(), bank.caughtUp()])
    expect(await old.find(Balances, 'a')).toMatchObject({ balance: 7 })
    expect(await bank.find(Newer, 'a')).toMatchObject({ balance: 7 })
  })

  test('a view with a parked event stays in the background until it is dealt with', async () => {
    await using place = await at()
    const Fussy = view(
      'fussy',
      fold(AccountEvents, {
        initial: { sum: 0 },
        MoneyDeposited: ({ sum }, { amount }) => {
          if (amount === 13) throw new Error('unlucky')
          return { sum: sum + amount }
        },
      }),
    )
    await using before = annals({ store: place.open() })
    await before.open(Account, 'a').deposit({ amount: 13 })
    await before.open(Account, 'b').deposit({ amount: 5 })
    for (let count = 1; count <= 2; count++) {
      await using bank = annals({ store: place.open(), inline: [Fussy] })
      await bank.start()
      await bank.caughtUp()
      await bank.open(Account, 'a').deposit({ amount: 1 })
      const { position } = await bank.open(Account, 'b').deposit({ amount: 1 })
      expect(await bank.find(Fussy, 'b', { after: position })).toEqual({ sum: 5 + count })
      expect(await bank.find(Fussy, 'a')).toBeUndefined()
      expect(await stateOf(bank)).toBe('following')
    }
  })

  test('a view that is new to a tenant or a key begins with the initial state, inline and following alike', async () => {
    await using place = await at()
    const Counts = view(
      'counts',
      fold(AccountEvents, {
        initial: { count: 100 },
        MoneyDeposited: ({ count }) => ({ count: count + 1 }),
      }),
    )
    for (const way of ['inline', 'background'] as const) {
      await using bank = annals({ store: place.open(), [way]: [Counts] })
      await bank.start()
      const { position } = await bank.open(Account, way).deposit({ amount: 1 })
      expect(await bank.find(Counts, way, { after: position })).toEqual({ count: 101 })
    }
  })
})
