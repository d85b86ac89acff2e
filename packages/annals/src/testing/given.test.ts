import { AssertionError } from 'node:assert'
import { aggregate, Aggregate, fold, reject } from 'annals'
import { given } from 'annals/testing'
import { expect, test } from 'vitest'
import { Account, AccountEvents, Cart, CartEvents } from '../../test/domain/bank.ts'

const opened = AccountEvents.AccountOpened({ owner: 'ann' })
const deposited = AccountEvents.MoneyDeposited({ amount: 5 })

test('other events than those that were decided are told apart', () => {
  const when = given(Account, opened).when((account) => account.deposit({ amount: 5 }))
  when.emits(deposited)
  expect(() => when.emits()).toThrow(AssertionError)
  expect(() => when.emits(deposited, deposited)).toThrow(AssertionError)
  expect(() => when.emits(AccountEvents.MoneyDeposited({ amount: 6 }))).toThrow(AssertionError)
  expect(() => when.emits(AccountEvents.MoneyWithdrawn({ amount: 5 }))).toThrow(AssertionError)
  expect(() => when.rejects('no')).toThrow('it was not rejected, and emits MoneyDeposited')
})

test('another reason, and no events, are told apart from a rejection', () => {
  const when = given(Account).when((account) => account.withdraw({ amount: 5 }))
  when.rejects('insufficient funds')
  expect(() => when.rejects('another')).toThrow(AssertionError)
  expect(() => when.emits()).toThrow('it was rejected: insufficient funds')
})

test('several commands are asked one after the other, each on the state after the one before', () => {
  given(Account)
    .when((account) => {
      account.open('ann')
      account.deposit({ amount: 5 })
      account.withdraw({ amount: 5 })
    })
    .emits(opened, deposited, AccountEvents.MoneyWithdrawn({ amount: 5 }))
})

test('events are numbered as a store does, without those of a refused command', () => {
  const Versions = aggregate(
    'versions',
    fold(AccountEvents, {
      initial: [] as readonly number[],
      MoneyDeposited: (all, _, { version }) => [...all, version],
    }),
    {
      deposit: () => deposited,
      depositAndFail: (): never => reject('no'),
      tell: (all) => AccountEvents.AccountOpened({ owner: all.join(' ') }),
    },
  )
  const ask = given(Versions, deposited)
  for (const _ of ['once', 'again'])
    ask
      .when((versions) => {
        versions.deposit()
        expect(() => versions.depositAndFail()).toThrow('no')
        versions.deposit()
        versions.tell()
      })
      .emits(deposited, deposited, AccountEvents.AccountOpened({ owner: '1 2 3' }))
})

test('a command that changes its argument in place fails', () => {
  const Many = aggregate('many', fold(AccountEvents, { initial: {} }), {
    all: (_, amounts: number[]) => {
      amounts.pop()
    },
  })
  expect(() => given(Many).when((many) => many.all([1, 2]))).toThrow(TypeError)
})

test('a history that its schemas refuse is no history', () => {
  expect(() => given(Account, AccountEvents.MoneyDeposited({ amount: -1 }))).toThrow(
    expect.objectContaining({ code: 'ANNALS_INVALID_EVENT' }),
  )
  // @ts-expect-error an event of another aggregate
  expect(() => given(Account, CartEvents.CheckedOut({ total: 1 }))).toThrow(
    expect.objectContaining({ code: 'ANNALS_OPTION' }),
  )
  const when = given(Cart).when((cart) => cart.add('tea', 1))
  // @ts-expect-error an event of another aggregate
  expect(() => when.emits(deposited)).toThrow(AssertionError)
})

test('an error that is no rejection is thrown on', () => {
  expect(() => given(Account).when((account) => account.deposit({ amount: -1 }))).toThrow(
    expect.objectContaining({ code: 'ANNALS_INVALID_COMMAND' }),
  )
})

test('a question that goes on later is refused: what it decides would be missed', () => {
  // oxlint-disable-next-line typescript/no-misused-promises -- the mistake
  expect(() => given(Account).when(async (account) => account.touch())).toThrow(
    'the question of when returned a promise',
  )
})

test('a handler that changes its state in place fails, after the first event too', () => {
  const Listed = fold(AccountEvents, {
    initial: { amounts: [] as number[] },
    MoneyDeposited: (state, { amount }) => ({ amounts: [...state.amounts, amount] }),
    MoneyWithdrawn: (state, { amount }) => {
      state.amounts.push(-amount)
      return state
    },
  })
  const List = aggregate('list', Listed, { look: () => {} })
  const history = [deposited, AccountEvents.MoneyWithdrawn({ amount: 1 })]
  expect(() => given(List, ...history).when((list) => list.look())).toThrow(TypeError)
  class ListClass extends Aggregate('list', Listed) {
    spoil() {
      this.state.amounts.push(1)
    }
  }
  expect(() => given(ListClass, deposited).when((list) => list.spoil())).toThrow(TypeError)
})
