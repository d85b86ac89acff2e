import { aggregate, command, events, fold } from 'annals'
import { z } from 'zod'

/** A deposit as banks report it: about 260 characters of JSON, nested once. */
const Deposited = z.object({
  amount: z.number().positive(),
  currency: z.string().length(3),
  reference: z.string(),
  counterparty: z.object({ name: z.string(), iban: z.string() }),
  channel: z.enum(['branch', 'online', 'card']),
  bookedOn: z.iso.date(),
  note: z.string(),
})

export type Deposit = z.infer<typeof Deposited>

/** The deposit that every contender records. */
export const deposit: Deposit = {
  amount: 125.5,
  currency: 'EUR',
  reference: 'INV-2026-004711',
  counterparty: { name: 'Northwind Traders Ltd', iban: 'DE89370400440532013000' },
  channel: 'online',
  bookedOn: '2026-03-14',
  note: 'Payment of the invoice of February, second reminder, thank you',
}

export const AccountEvents = events({ MoneyDeposited: Deposited })

export const AccountState = fold(AccountEvents, {
  initial: { balance: 0, deposits: 0 },
  MoneyDeposited: (account, { amount }) => ({
    balance: account.balance + amount,
    deposits: account.deposits + 1,
  }),
})

/** The account as users of Annals write it: zod checks the command, the event, and what is read. */
export const Account = aggregate('account', AccountState, {
  deposit: command(Deposited, (_, made) => AccountEvents.MoneyDeposited(made)),
  depositAll: command(z.array(Deposited), (_, all) =>
    all.map((made) => AccountEvents.MoneyDeposited(made)),
  ),
})

/** How many events a stream of a few events gets before the next one begins. */
export const fewEvents = 8

/** The id of the account that the `n`th command goes to. */
export function accountOf(n: number, eventsEach: number): string {
  return `account-${Math.floor(n / eventsEach)}`
}
