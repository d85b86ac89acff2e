import { aggregate, command, events, fold, reject } from 'annals'
import { z } from 'zod'
import { Cents } from './money.ts'

// `on` is the day that something counts from for the bank. When it was recorded, the store knows.
const opening = z.object({ owner: z.string().min(1), on: z.iso.date() })
const booking = z.object({ amount: Cents, on: z.iso.date(), text: z.string() })

/** What can happen to an account. */
export const AccountEvents = events({
  AccountOpened: opening,
  MoneyDeposited: booking,
  MoneyWithdrawn: booking,
})

/** What an account is, after all that happened to it. */
export const AccountState = fold(AccountEvents, {
  initial: { owner: undefined as string | undefined, balance: 0 },
  AccountOpened: (account, { owner }) => ({ ...account, owner }),
  MoneyDeposited: (account, { amount }) => ({ ...account, balance: account.balance + amount }),
  MoneyWithdrawn: (account, { amount }) => ({ ...account, balance: account.balance - amount }),
})

/** What an account can be asked, and what must hold after every answer. */
export const Account = aggregate(
  'account',
  AccountState,
  {
    open: command(opening, ({ owner }, data) =>
      owner ? reject('the account is open already') : AccountEvents.AccountOpened(data),
    ),
    deposit: command(booking, (_, data) => AccountEvents.MoneyDeposited(data)),
    withdraw: command(booking, (_, data) => AccountEvents.MoneyWithdrawn(data)),
  },
  {
    invariants: {
      'the account must be open': ({ owner }) => owner !== undefined,
      'the account must not be overdrawn': ({ balance }) => balance >= 0,
    },
  },
)
