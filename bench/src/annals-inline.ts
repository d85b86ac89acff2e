import { annals, view, type Append } from 'annals'
import { postgres } from 'annals/postgres'
import { Account, AccountState, deposit } from './account.ts'
import { newDraft } from './annals-postgres.ts'
import type { JournalKind } from './journal.ts'

const Balances = view('balances', AccountState)

type Inline = NonNullable<Append['inline']>
type Balance = typeof AccountState.initial

/** Annals at its port, with a document for each stream that every append keeps; without schemas. */
export const annalsInlineJournal: JournalKind = {
  name: 'Annals',
  open: async ({ url, schema }) => {
    const store = postgres(url, { schema })
    const app = annals({ store, inline: [Balances] })
    await app.find(Balances, 'none') // there is the view, and it is inline, since the log is empty
    return {
      append: (id, version, deposits) =>
        store.append({
          tenant: '',
          drafts: Array.from({ length: deposits }, () => newDraft(id)),
          guard: { streams: [{ category: 'account', id, version }] },
          inline: keeping(id),
        }),
      load: async (id) => (await app.find(Balances, id))?.deposits ?? 0,
      close: () => app.close(),
    }
  },
}

/** Annals as users have it: loads the stream, checks and records the command, and keeps the view. */
export const annalsInlineCommands: JournalKind = {
  name: 'Annals, a command',
  open: async ({ url, schema }) => {
    const app = annals({
      store: postgres(url, { schema }),
      aggregates: [Account],
      inline: [Balances],
    })
    await app.find(Balances, 'none')
    return {
      append: (id) => app.open(Account, id).deposit(deposit),
      load: async (id) => (await app.find(Balances, id))?.deposits ?? 0,
      close: () => app.close(),
    }
  },
}

/** What the app gives along with deposits to an account: one document, folded and turned to JSON. */
function keeping(account: string): Inline {
  const place = { model: 0, tenant: '', key: account }
  return {
    models: [Balances],
    documents: [place],
    change: (events, _, before) => {
      let balance = balanceOf(before(place)?.state)
      for (const { data } of events) {
        const { amount } = JSON.parse(data) as typeof deposit
        balance = { balance: balance.balance + amount, deposits: balance.deposits + 1 }
      }
      const position = events.at(-1)?.position ?? 0
      return [{ ...place, state: JSON.stringify(balance), fields: [], position }]
    },
    own: [],
  }
}

function balanceOf(state: string | undefined): Balance {
  return state === undefined ? AccountState.initial : (JSON.parse(state) as Balance)
}
