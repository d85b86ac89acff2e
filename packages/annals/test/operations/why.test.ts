import { annals, fold, subscription, view } from 'annals'
import { why } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { stores } from '../following/stores.ts'
import { all } from './all.ts'

const Balances = view('balances', AccountState)

/** One document for each amount that was ever moved. */
const ByAmount = view(
  'by-amount',
  fold(AccountEvents, {
    initial: { accounts: [] as readonly string[] },
    MoneyDeposited: ({ accounts }, _, { stream }) => ({ accounts: [...accounts, stream.id] }),
  }),
  { by: (event) => (event.type === 'MoneyDeposited' ? `${event.data.amount}` : []) },
)

const Fragile = view(
  'fragile',
  fold(AccountEvents, {
    initial: { sum: 0 },
    MoneyDeposited: ({ sum }, { amount }) => {
      if (amount === 13) throw new Error('unlucky')
      return { sum: sum + amount }
    },
  }),
  { retry: { attempts: 1 } },
)

const Receipts = subscription('receipts', AccountEvents, { MoneyDeposited: () => undefined })

describe.each(stores)('$name', ({ at }) => {
  test('the events that made a document are those that its view folds, with the state after each', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances, ByAmount] })
    await bank.open(Account, 'a').open('ann')
    await bank.open(Account, 'b').deposit({ amount: 5 })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').deposit({ amount: 7 })
    expect(await all(why(bank, Balances, 'a'))).toMatchObject([
      { event: { position: 1 }, state: { owner: 'ann', balance: 0 }, kept: true },
      { event: { position: 3 }, state: { owner: 'ann', balance: 5 }, kept: true },
      { event: { position: 4 }, state: { owner: 'ann', balance: 12 }, kept: true },
    ])
    const made = await all(why(bank, 'by-amount', '5'))
    expect(made).toMatchObject([
      { event: { stream: { id: 'b' } }, state: { accounts: ['b'] }, kept: true },
      { event: { stream: { id: 'a' } }, state: { accounts: ['b', 'a'] }, kept: true },
    ])
    expect(made.at(-1)?.state).toEqual(await bank.find(ByAmount, '5'))
    expect(await all(why(bank, Balances, 'nobody'))).toEqual([])
  })

  test('what the document that is kept has not seen is told as such', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await all(why(bank, Balances, 'a'))).toMatchObject([{ kept: false }])
    await bank.start()
    await bank.caughtUp()
    expect(await all(why(bank, Balances, 'a'))).toMatchObject([{ kept: true }])
  })

  test('an event that cannot be folded is not kept, and ends the list with what the fold throws', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Fragile] })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.open(Account, 'a').deposit({ amount: 13 })
    await bank.caughtUp()
    expect(await bank.find(Fragile, 'b')).toBeUndefined()
    const reasons = why(bank, Fragile, 'a')
    expect(await reasons.next()).toMatchObject({ value: { state: { sum: 5 }, kept: true } })
    await expect(reasons.next()).rejects.toThrow('unlucky')
  })

  test('a document is of the tenant that the app acts for', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.with({ tenant: 'acme' }).open(Account, 'a').deposit({ amount: 6 })
    expect(await all(why(bank.with({ tenant: 'acme' }), Balances, 'a'))).toMatchObject([
      { event: { tenant: 'acme' }, state: { balance: 6 } },
    ])
    expect(await all(why(bank, Balances, 'a'))).toMatchObject([{ state: { balance: 5 } }])
  })
})

test('what an inline document has seen is told, also where followers may not read it yet', async () => {
  const [, , onPostgres] = stores
  await using place = await onPostgres.at()
  await using bank = annals({ store: place.open(), inline: [Balances] })
  await bank.open(Account, 'a').deposit({ amount: 5 })
  const held = await place.begin()
  await bank.with({ tx: held.tx }).open(Account, 'b').deposit({ amount: 1 })
  await bank.open(Account, 'a').deposit({ amount: 7 })
  expect(await all(why(bank, Balances, 'a'))).toMatchObject([
    { state: { balance: 5 }, kept: true },
    { state: { balance: 12 }, kept: true },
  ])
  await held.rollback()
})

test('only the documents of a view that the app keeps are told', async () => {
  const [inMemory] = stores
  await using place = await inMemory.at()
  await using bank = annals({ store: place.open(), inline: [Balances], background: [Receipts] })
  await expect(all(why(bank, 'blances', 'a'))).rejects.toThrow(
    'why: the app keeps no blances; it keeps balances, receipts',
  )
  await expect(all(why(bank, Receipts, 'a'))).rejects.toThrow(
    'why: receipts is a subscription; only the documents of a view are told',
  )
  await expect(all(why(bank, Balances, ''))).rejects.toThrow('key of the view balances')
})
