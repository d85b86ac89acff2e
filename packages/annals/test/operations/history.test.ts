import { aggregate, annals, InvalidError, RejectedError, type App } from 'annals'
import { history, runCommand } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountState, Cart } from '../domain/bank.ts'
import { stores } from '../following/stores.ts'
import { all } from './all.ts'

/** An account of 10 less 3, at version 3. */
async function withSeven(bank: App): Promise<App> {
  await bank.open(Account, 'a').open('ann')
  await bank.open(Account, 'a').deposit({ amount: 10 })
  await bank.open(Account, 'a').withdraw({ amount: 3 })
  return bank
}

describe.each(stores)('$name', ({ at }) => {
  test('a history has each event of an aggregate, with the state after it', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), aggregates: [Account, Cart] })
    await withSeven(bank)
    await bank.open(Account, 'b').deposit({ amount: 99 })
    const entries = await all(history(bank, 'account/a'))
    expect(entries).toMatchObject([
      { event: { version: 1, type: 'AccountOpened' }, state: { owner: 'ann', balance: 0 } },
      { event: { version: 2, data: { amount: 10 } }, state: { owner: 'ann', balance: 10 } },
      { event: { version: 3, type: 'MoneyWithdrawn' }, state: { owner: 'ann', balance: 7 } },
    ])
    expect(entries[1]?.event.metadata.command?.name).toBe('account.deposit')
  })

  test('a history goes up to a version, or to a time', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), aggregates: [Account] })
    await withSeven(bank)
    const [first] = await all(history(bank, 'account/a'))
    expect(await all(history(bank, 'account/a', { until: 2 }))).toHaveLength(2)
    expect(await all(history(bank, 'account/a', { at: new Date(0) }))).toEqual([])
    const upToFirst = await all(history(bank, 'account/a', { at: first?.event.at ?? new Date(0) }))
    expect(upToFirst[0]).toEqual(first)
  })

  test('a history, and a command by its name, are of the tenant that the app acts for', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), aggregates: [Account] })
    await withSeven(bank)
    const acme = bank.with({ tenant: 'acme' })
    expect(await all(history(acme, 'account/a'))).toEqual([])
    await runCommand(acme, { stream: 'account/a', command: 'deposit', argument: { amount: 1 } })
    expect(await all(history(acme, 'account/a'))).toMatchObject([{ state: { balance: 1 } }])
    expect(await all(history(bank, 'account/a'))).toHaveLength(3)
  })

  test('a command is run by its name, and recorded as one that was opened', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), aggregates: [Account] })
    await withSeven(bank)
    const done = await runCommand(bank.with({ actor: 'bob' }), {
      stream: 'account/a',
      command: 'withdraw',
      argument: { amount: 2 },
    })
    expect(done).toMatchObject({
      version: 4,
      repeated: false,
      state: { owner: 'ann', balance: 5 },
      events: [{ type: 'MoneyWithdrawn', data: { amount: 2 }, metadata: { actor: 'bob' } }],
    })
    expect(await bank.load(Account, 'a')).toMatchObject({ version: 4, position: done.position })
  })

  test('a command by its name keeps to a version, and to a once key', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), aggregates: [Account] })
    await withSeven(bank)
    const deposit = { stream: 'account/a', command: 'deposit', argument: { amount: 1 } }
    await expect(runCommand(bank, deposit, { version: 2 })).rejects.toMatchObject({
      code: 'ANNALS_CONFLICT',
    })
    expect(await runCommand(bank, deposit, { version: 3 })).toMatchObject({ version: 4 })
    expect(await runCommand(bank, deposit, { once: 'k' })).toMatchObject({ repeated: false })
    expect(await runCommand(bank, deposit, { once: 'k' })).toMatchObject({
      version: 5,
      repeated: true,
    })
  })
})

const [inMemory] = stores

test('only what is checked by a schema is run by name, and its argument is checked', async () => {
  await using place = await inMemory.at()
  await using bank = annals({ store: place.open(), aggregates: [Account, Cart] })
  const run = (stream: string, command: string, argument?: unknown) =>
    runCommand(bank, { stream, command, argument })
  await expect(run('account/a', 'open', 'ann')).rejects.toThrow(
    'account has no command open that was made with command(schema, …), which alone are run by name; it has deposit, withdraw',
  )
  await expect(run('account/a', 'toString')).rejects.toThrow('account has no command toString')
  await expect(run('cart/1', 'checkOut')).rejects.toThrow('; it has none')
  await expect(run('shop/1', 'open')).rejects.toThrow(
    'the app has no aggregate of the category shop in aggregates; it has account, cart',
  )
  await expect(run('account', 'deposit')).rejects.toThrow(
    '"account" names no stream; write CATEGORY/ID, like account/acc-1',
  )
  await expect(run('account/a', 'deposit', { amount: '1' })).rejects.toBeInstanceOf(InvalidError)
  await expect(run('account/a', 'withdraw', { amount: 1 })).rejects.toBeInstanceOf(RejectedError)
})

test('a category may have a slash in it, where the app names its aggregate', async () => {
  await using place = await inMemory.at()
  const Inner = aggregate('account/inner', AccountState, Account.commands)
  await using bank = annals({ store: place.open(), aggregates: [Account, Inner] })
  const run = (stream: string, amount: number) =>
    runCommand(bank, { stream, command: 'deposit', argument: { amount } })
  await run('account/inner/a', 1)
  await run('account/inn/a', 2)
  expect(await bank.load(Inner, 'a')).toMatchObject({ state: { balance: 1 } })
  expect(await bank.load(Account, 'inn/a')).toMatchObject({ state: { balance: 2 } })
})

test('a history refuses what it does not know', async () => {
  await using place = await inMemory.at()
  await using bank = annals({ store: place.open(), aggregates: [Account] })
  await expect(all(history(bank, 'shop/1'))).rejects.toThrow('it has account')
  await expect(all(history(bank, 'account/a', { until: -1 }))).rejects.toThrow('load: until is -1')
  const misspelt = { untl: 1 } as object
  await expect(all(history(bank, 'account/a', misspelt))).rejects.toThrow('has no option untl')
})
