import type { Pool } from 'pg'
import { deposit, type Deposit } from './account.ts'
import { metadata } from './drafts.ts'
import { peerJournal } from './journal.ts'
import { peers } from './peers.ts'
import { newPool } from './postgres-server.ts'

/** The subset of `@dcb-es/event-store` that is called. */
interface Package {
  readonly Query: {
    all(): Query
    fromItems(items: readonly { readonly types: readonly string[]; readonly tags: Tags }[]): Query
  }
  readonly SequencePosition: {
    initial(): SequencePosition
    fromString(text: string): SequencePosition
  }
  readonly Tags: { from(values: readonly string[]): Tags }
}

type Tags = object
type Query = object

/** A position of dcb-es. */
export interface SequencePosition {
  toString(): string
  isAfter(other: SequencePosition): boolean
}

/** The subset of `@dcb-es/event-store-postgres` that is called. */
interface PostgresPackage {
  readonly PostgresEventStore: new (options: { readonly pool: Pool }) => Store
  readonly ensureHandlersInstalled: (
    pool: Pool,
    names: readonly string[],
    table: string,
  ) => Promise<void>
  readonly runHandler: (options: {
    readonly pool: Pool
    readonly eventStore: Store
    readonly handlerName: string
    readonly handlerFactory: () => { readonly when: Readonly<Record<string, () => void>> }
    readonly bookmarkTableName: string
    readonly signal: AbortSignal
  }) => { readonly promise: Promise<void> }
}

interface Store {
  ensureInstalled(): Promise<void>
  read(query: Query): AsyncIterable<{
    readonly event: { readonly data: Deposit }
    readonly position: SequencePosition
  }>
  subscribe(
    query: Query,
    options: { readonly after: SequencePosition; readonly signal: AbortSignal },
  ): AsyncIterable<{ readonly position: SequencePosition }>
  append(command: {
    readonly events: object
    readonly condition?: { readonly failIfEventsMatch: Query; readonly after?: SequencePosition }
  }): Promise<SequencePosition>
}

const type = 'MoneyDeposited'

/** The packages of dcb-es, or why they cannot be used; by path, since they have a name for `import` only. */
export const dcbPackages = peers(
  './node_modules/@dcb-es/event-store/dist/index.js',
  './node_modules/@dcb-es/event-store-postgres/dist/index.js',
) as readonly [Package, PostgresPackage] | string

/** dcb-es, which has tags and no streams: an append is refused when its tag has events after the last one known. */
export const dcbJournal = peerJournal(
  'dcb-es',
  dcbPackages,
  async ([{ Query, Tags }, { PostgresEventStore }], { url }) => {
    const pool = newPool(url)
    const store = new PostgresEventStore({ pool })
    await store.ensureInstalled()
    let head: SequencePosition | undefined
    return {
      append: async (account, _, deposits) => {
        const tags = Tags.from([`account=${account}`])
        const event = { type, tags, data: deposit, metadata }
        const failIfEventsMatch = Query.fromItems([{ types: [type], tags }])
        const position = await store.append({
          events: Array.from({ length: deposits }, () => event),
          condition: { failIfEventsMatch, ...(head && { after: head }) },
        })
        if (!head || position.isAfter(head)) head = position
      },
      load: async (account) => {
        let [balance, deposits] = [0, 0]
        const tags = Tags.from([`account=${account}`])
        for await (const { event } of store.read(Query.fromItems([{ types: [type], tags }]))) {
          balance += event.data.amount
          deposits++
        }
        return balance > 0 ? deposits : 0
      },
      async *pages(size) {
        let read = 0
        for await (const _ of store.read(Query.all())) if (++read % size === 0) yield size
      },
      close: () => pool.end(),
    }
  },
)
