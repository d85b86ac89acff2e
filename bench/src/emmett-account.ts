import { CommandHandler, type Event } from '@event-driven-io/emmett'
import { deposit, type Deposit } from './account.ts'

export type MoneyDeposited = Event<'MoneyDeposited', Deposit>

interface State {
  readonly balance: number
  readonly deposits: number
}

export const initialState = (): State => ({ balance: 0, deposits: 0 })

export const evolve = (account: State, { data }: MoneyDeposited): State => ({
  balance: account.balance + data.amount,
  deposits: account.deposits + 1,
})

/** Emmett's way to run a command; it checks nothing, as in its documentation. */
export const handle = CommandHandler<State, MoneyDeposited>({ evolve, initialState })

/** What a command of the account decides. */
export const decide = (): MoneyDeposited => moneyDeposited

export const moneyDeposited: MoneyDeposited = { type: 'MoneyDeposited', data: deposit }
