import type { Pool } from 'pg'
import { deposit, type Deposit } from './account.ts'
import { metadata } from './drafts.ts'
import { peerJournal, type Journal, type JournalKind } from './journal.ts'
import { peers } from './peers.ts'
import { newPool } from './postgres-server.ts'

/** The subset of `@orgops/eventstore` that is called. */
interface Package {
  readonly emptySchema: (options: {
    readonly scopeKeys: readonly string[]
    readonly strict: boolean
  }) => object
}

/** The subset of `@orgops/eventstore/postgres` that is called. */
interface PostgresPackage {
  readonly createPostgresStore: (options: {
    readonly connection: Pool
    readonly schema: object
    readonly schemaName: string
  }) => Promise<Store>
}

interface Context {
  readonly query: { readonly scopes: Readonly<Record<string, string>> }
  readonly version: number
}

type Cursor = object

interface Store {
  query(
    query: object,
    options?: {
      readonly cursor: Cursor | null
      readonly settledOnly: true
      readonly limit: number
    },
  ): Promise<{
    readonly events: readonly { readonly data: Deposit }[]
    readonly settledCursor: Cursor | null
  }>
  ensureInstalled(): Promise<void>
  append(events: readonly object[]): Promise<unknown>
  appendIf(
    events: readonly object[],
    context: Context,
  ): Promise<
    { readonly ok: true; readonly appended: { readonly last: number } } | { readonly ok: false }
  >
}

const found = peers('@orgops/eventstore', '@orgops/eventstore/postgres') as
  readonly [Package, PostgresPackage] | string

/** @orgops/eventstore, which guards an append by the last position that its scope had. */
export const orgopsJournal = journal('orgops', true)

/** The same without that guard. */
export const orgopsUnguarded = journal('orgops, no guard', false)

function journal(name: string, guarded: boolean): JournalKind {
  return peerJournal(
    name,
    found,
    async ([{ emptySchema }, { createPostgresStore }], { url, schema: schemaName }) => {
      const connection = newPool(url)
      const schema = emptySchema({ scopeKeys: ['account'], strict: true })
      const store = await createPostgresStore({ connection, schema, schemaName })
      await store.ensureInstalled()
      return {
        append: guarded
          ? guardedAppend(store)
          : (account, _, deposits) => store.append(eventsOf(account, deposits)),
        load: async (account) => {
          const { events } = await store.query({ scopes: { account } })
          const total = events.reduce((sum, { data }) => sum + data.amount, 0)
          return total > 0 ? events.length : 0
        },
        pages: (size) => pages(store, size),
        close: () => connection.end(),
      }
    },
  )
}

function eventsOf(account: string, deposits: number): readonly object[] {
  const event = { type: 'MoneyDeposited', data: deposit, scopes: { account }, metadata }
  return Array.from({ length: deposits }, () => event)
}

function guardedAppend(store: Store): Journal['append'] {
  const lastOf = new Map<string, number>()
  return async (account, version, deposits) => {
    const expected = version === 0 ? 0 : (lastOf.get(account) ?? 0)
    const context = { query: { scopes: { account } }, version: expected }
    const done = await store.appendIf(eventsOf(account, deposits), context)
    if (!done.ok) throw new Error(`orgops refused an append to ${account}`)
    lastOf.set(account, done.appended.last)
  }
}

async function* pages(store: Store, limit: number): AsyncGenerator<number> {
  let cursor: Cursor | null = null
  for (;;) {
    const options = { cursor, settledOnly: true, limit } as const
    const page: Awaited<ReturnType<Store['query']>> = await store.query({}, options)
    if (page.events.length === 0) return
    cursor = page.settledCursor
    yield page.events.length
  }
}
