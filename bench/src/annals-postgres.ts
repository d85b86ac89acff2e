import { annals, type Draft } from 'annals'
import { postgres } from 'annals/postgres'
import { v7 } from 'uuid'
import { Account, deposit, type Deposit } from './account.ts'
import { metadata } from './drafts.ts'
import type { JournalKind } from './journal.ts'

/** A draft as the library makes it: an id that begins with the time, and JSON text of its own. */
export function newDraft(id: string): Draft {
  return {
    id: v7(),
    stream: { category: 'account', id },
    type: 'MoneyDeposited',
    schemaVersion: 1,
    data: JSON.stringify(deposit),
    metadata: JSON.stringify(metadata),
    tags: [],
  }
}

/** Annals at its port, without schemas; a load is that of the library, which parses and checks. */
export const annalsJournal: JournalKind = {
  name: 'Annals',
  open: async ({ url, schema }) => {
    const store = postgres(url, { schema })
    const app = annals({ store, aggregates: [Account] })
    await store.settled() // opened, with its tables
    return {
      append: (id, version, deposits) =>
        store.append({
          tenant: '',
          drafts: Array.from({ length: deposits }, () => newDraft(id)),
          guard: { streams: [{ category: 'account', id, version }] },
        }),
      load: async (id) => (await app.load(Account, id)).state.deposits,
      async *pages(page) {
        for await (const events of store.read({ tenant: '', filters: [{}] }, { page })) {
          for (const stored of events) parsed(stored.data, stored.metadata)
          yield events.length
        }
      },
      close: () => app.close(),
    }
  },
}

/** What a reader makes of the text of an event. */
export function parsed(data: string, context: string): readonly [data: Deposit, metadata: unknown] {
  return [JSON.parse(data) as Deposit, JSON.parse(context)]
}

/** Annals as users have it: loads the stream, checks the command and its events, records the command. */
export const annalsCommands: JournalKind = {
  name: 'Annals, a command',
  open: async ({ url, schema }) => {
    const app = annals({ store: postgres(url, { schema }), aggregates: [Account] })
    await app.load(Account, 'none') // opened, with its tables
    return {
      append: (id, _, deposits) => {
        const account = app.open(Account, id)
        return deposits === 1
          ? account.deposit(deposit)
          : account.depositAll(Array.from({ length: deposits }, () => deposit))
      },
      load: async (id) => (await app.load(Account, id)).state.deposits,
      close: () => app.close(),
    }
  },
}
