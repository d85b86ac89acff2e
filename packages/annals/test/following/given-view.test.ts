import { fold, view } from 'annals'
import { given, on } from 'annals/testing'
import { expect, test } from 'vitest'
import { Account, AccountEvents, AccountState, CartEvents } from '../domain/bank.ts'

const { AccountOpened, MoneyDeposited, MoneyWithdrawn } = AccountEvents

const Balances = view('balances', AccountState, { indexes: ['owner'] })

const ByOwner = view(
  'by-owner',
  fold(AccountEvents, {
    initial: { accounts: 0, versions: [] as readonly number[] },
    AccountOpened: ({ accounts, versions }, _, { version }) => ({
      accounts: accounts + 1,
      versions: [...versions, version],
    }),
  }),
  { by: (event) => (event.type === 'AccountOpened' ? event.data.owner : []) },
)

test('a view shows a document for each stream', () => {
  const shown = given(
    Balances,
    on('a', AccountOpened({ owner: 'ann' })),
    on('b', AccountOpened({ owner: 'bob' })),
    on('a', MoneyDeposited({ amount: 5 })),
    on('b', MoneyDeposited({ amount: 7 })),
    on('b', MoneyWithdrawn({ amount: 1 })),
  )
  shown.shows('a', { owner: 'ann', balance: 5 })
  shown.shows('b', { owner: 'bob', balance: 6 })
  shown.shows('c', undefined)
})

test('a view shows documents under the keys of `by`', () => {
  const shown = given(
    ByOwner,
    on('a', MoneyDeposited({ amount: 1 })),
    on('a', AccountOpened({ owner: 'ann' })),
    on('b', AccountOpened({ owner: 'ann' })),
    on('c', AccountOpened({ owner: 'bob' })),
  )
  shown.shows('ann', { accounts: 2, versions: [2, 1] })
  shown.shows('bob', { accounts: 1, versions: [1] })
})

test('a view without any event shows nothing', () => {
  given(Balances).shows('a', undefined)
})

test('a document that is another fails the specification', () => {
  const shown = given(Balances, on('a', MoneyDeposited({ amount: 5 })))
  expect(() => shown.shows('a', { owner: undefined, balance: 6 })).toThrow(/balance: 6/)
  expect(() => shown.shows('b', { owner: undefined, balance: 5 })).toThrow(/undefined/)
  expect(() => shown.shows('a', undefined)).toThrow(/undefined/)
  shown.shows('a', { owner: undefined, balance: 5 })
})

test('a view shows what is kept: through the codec of its fold', () => {
  const Days = view(
    'days',
    fold(
      AccountEvents,
      {
        initial: { sums: new Map<string, number>() },
        MoneyDeposited: ({ sums }, { amount }, { stream }) => ({
          sums: new Map([...sums, [stream.id, amount]]),
        }),
      },
      {
        state: {
          encode: ({ sums }) => [...sums],
          decode: (kept) => ({ sums: new Map(kept as readonly (readonly [string, number])[]) }),
        },
      },
    ),
    { by: () => 'all' },
  )
  given(Days, on('a', MoneyDeposited({ amount: 1 })), on('b', MoneyDeposited({ amount: 2 }))).shows(
    'all',
    {
      sums: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    },
  )
})

test('a specification fails where a store would refuse: a state that JSON does not give back', () => {
  const Spoilt = view(
    'spoilt',
    fold(AccountEvents, {
      initial: { at: '' },
      MoneyDeposited: () => ({ at: new Date(0) as unknown as string }),
    }),
  )
  expect(() => given(Spoilt, on('a', MoneyDeposited({ amount: 1 })))).toThrow(
    expect.objectContaining({
      code: 'ANNALS_NOT_JSON',
      issues: [expect.objectContaining({ path: 'at' })],
    }),
  )
})

test('a specification fails where a handler changes the state that it is given', () => {
  const Changing = view(
    'changing',
    fold(AccountEvents, {
      initial: { sum: 0 },
      MoneyDeposited: (state, { amount }) => Object.assign(state, { sum: state.sum + amount }),
    }),
  )
  expect(() => given(Changing, on('a', MoneyDeposited({ amount: 1 })))).toThrow(TypeError)
})

test('an event that its schema does not take is no history', () => {
  expect(() => given(Balances, on('a', MoneyDeposited({ amount: -1 })))).toThrow(
    expect.objectContaining({ code: 'ANNALS_INVALID_EVENT' }),
  )
})

test('an event of another set is no history', () => {
  expect(() => given(Balances, on('a', CartEvents.CheckedOut({ total: 1 })))).toThrow(
    expect.objectContaining({ code: 'ANNALS_OPTION' }),
  )
})

test('aggregates are still specified beside', () => {
  given(Account, AccountOpened({ owner: 'ann' }))
    .when((account) => account.deposit({ amount: 1 }))
    .emits(MoneyDeposited({ amount: 1 }))
})
