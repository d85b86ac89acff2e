import { given } from 'annals/testing'
import { test } from 'vitest'
import { Account, AccountEvents } from './account.ts'

const opened = AccountEvents.AccountOpened({ owner: 'Ada', on: '2025-01-01' })
const deposited = AccountEvents.MoneyDeposited({ amount: 100, on: '2025-01-02', text: 'pay' })
const cents = (amount: number) => ({ amount, on: '2025-01-03', text: '' })

test('an account is opened once', () => {
  given(Account)
    .when((account) => account.open({ owner: 'Ada', on: '2025-01-01' }))
    .emits(opened)
  given(Account, opened)
    .when((account) => account.open({ owner: 'Eve', on: '2025-01-01' }))
    .rejects('the account is open already')
})

test('money goes into an open account only', () => {
  given(Account, opened)
    .when((account) => account.deposit(cents(5)))
    .emits(AccountEvents.MoneyDeposited(cents(5)))
  given(Account)
    .when((account) => account.deposit(cents(5)))
    .rejects('the account must be open')
})

test('all of the money can be withdrawn, and no cent more', () => {
  given(Account, opened, deposited)
    .when((account) => account.withdraw(cents(100)))
    .emits(AccountEvents.MoneyWithdrawn(cents(100)))
  given(Account, opened, deposited)
    .when((account) => account.withdraw(cents(101)))
    .rejects('the account must not be overdrawn')
})

test('a withdrawal counts for the next one', () => {
  given(Account, opened, deposited)
    .when((account) => {
      account.withdraw(cents(60))
      account.withdraw(cents(60))
    })
    .rejects('the account must not be overdrawn')
})
