import {
  aggregate,
  Aggregate,
  annals,
  command,
  events,
  fold,
  memory,
  reject,
  type App,
} from 'annals'
import { z } from 'zod'

const Money = z.object({ amount: z.number().positive() })

export const AccountEvents = events({
  AccountOpened: z.object({ owner: z.string() }),
  MoneyDeposited: Money,
  MoneyWithdrawn: Money,
})

export const AccountState = fold(AccountEvents, {
  initial: { owner: undefined as string | undefined, balance: 0 },
  AccountOpened: (account, { owner }) => ({ ...account, owner }),
  MoneyDeposited: (account, { amount }) => ({ ...account, balance: account.balance + amount }),
  MoneyWithdrawn: (account, { amount }) => ({ ...account, balance: account.balance - amount }),
})

export const Account = aggregate(
  'account',
  AccountState,
  {
    open: (account, owner: string) =>
      account.owner ? reject('the account is open') : AccountEvents.AccountOpened({ owner }),
    deposit: command(Money, (_, { amount }) => AccountEvents.MoneyDeposited({ amount })),
    withdraw: command(Money, (account, { amount }) => {
      if (account.balance < amount) reject('insufficient funds')
      return AccountEvents.MoneyWithdrawn({ amount })
    }),
    /** Withdraws without a look at the balance, for the invariant to catch. */
    seize: (_, amount: number) => AccountEvents.MoneyWithdrawn({ amount }),
    touch: () => {},
  },
  { invariants: { 'the balance is never negative': ({ balance }) => balance >= 0 } },
)

export const CartEvents = events({
  ItemAdded: z.object({ sku: z.string(), qty: z.number().int().positive() }),
  CheckedOut: z.object({ total: z.number() }),
})

const CartState = fold(CartEvents, {
  initial: { open: true, items: 0 },
  ItemAdded: (cart, { qty }) => ({ ...cart, items: cart.items + qty }),
  CheckedOut: (cart) => ({ ...cart, open: false }),
})

export class Cart extends Aggregate('cart', CartState, {
  invariants: { 'a cart holds ten items at most': ({ items }) => items <= 10 },
}) {
  add(sku: string, qty: number) {
    if (!this.state.open) reject('the cart is closed')
    this.record('ItemAdded', { sku, qty })
  }

  addTwice(sku: string) {
    this.add(sku, 1)
    this.add(sku, this.state.items)
  }

  checkOut() {
    this.record('CheckedOut', { total: this.state.items })
  }
}

/** An app with an account of 10 at version 2. */
export async function bankWithTen(): Promise<App> {
  const bank = annals({ store: memory(), aggregates: [Account, Cart] })
  await bank.open(Account, 'a').open('ann')
  await bank.open(Account, 'a').deposit({ amount: 10 })
  return bank
}
