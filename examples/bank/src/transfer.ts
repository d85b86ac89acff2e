import { reject, type App } from 'annals'
import { Account } from './account.ts'

/** Money that goes from one account to another. */
interface Transfer {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: number
  readonly on: string
  readonly text: string
}

/** Withdraws and deposits in one append: either both are recorded or neither, and each once. */
export async function transfer(bank: App, { id: once, from, to, ...booking }: Transfer) {
  const { result } = await bank.together(async (both) => {
    if (from === to) reject('a transfer needs two accounts')
    await both.open(Account, from, { once }).withdraw(booking)
    return both.open(Account, to, { once }).deposit(booking)
  })
  return result
}
