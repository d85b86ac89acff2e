import type { EventStore, ReadEventMetadataWithGlobalPosition } from '@event-driven-io/emmett'
import { metadata } from './drafts.ts'
import { evolve, initialState, moneyDeposited, type MoneyDeposited } from './emmett-account.ts'
import { peerJournal } from './journal.ts'
import { peers } from './peers.ts'

/** The subset of `@event-driven-io/emmett-postgresql` that is called. */
interface Package {
  readonly getPostgreSQLEventStore: (
    connectionString: string,
    options: { readonly schema: { readonly autoMigration: 'None' } },
  ) => EmmettStore
  readonly readMessagesBatch: (
    execute: object,
    options: { readonly after: bigint; readonly batchSize: number },
  ) => Promise<{ readonly messages: readonly unknown[]; readonly currentGlobalPosition: bigint }>
}

/** The subset of `@event-driven-io/dumbo` that is called: Emmett's driver. */
interface Driver {
  readonly dumbo: (options: { readonly connectionString: string }) => {
    readonly execute: object
    close(): Promise<void>
  }
}

interface EmmettStore extends EventStore<ReadEventMetadataWithGlobalPosition> {
  readonly schema: { migrate(): Promise<unknown> }
  close(): Promise<void>
}

const event = { ...moneyDeposited, metadata }

const found = peers('@event-driven-io/emmett-postgresql', '@event-driven-io/dumbo') as
  readonly [Package, Driver] | string

/** Emmett; its pool has 10 connections by itself. It reads the log as its consumers do. */
export const emmettJournal = peerJournal(
  'Emmett',
  found,
  async ([{ getPostgreSQLEventStore, readMessagesBatch }, { dumbo }], { url }) => {
    const store = getPostgreSQLEventStore(url, { schema: { autoMigration: 'None' } })
    await store.schema.migrate()
    const pool = dumbo({ connectionString: url })
    return {
      append: (stream, version, deposits) =>
        store.appendToStream(
          stream,
          Array.from({ length: deposits }, () => event),
          { expectedStreamVersion: BigInt(version) },
        ),
      load: async (stream) => {
        const options = { evolve, initialState }
        const { state } = await store.aggregateStream<State, MoneyDeposited>(stream, options)
        return state.deposits
      },
      async *pages(batchSize) {
        let after = 0n
        for (;;) {
          const batch = await readMessagesBatch(pool.execute, { after, batchSize })
          if (batch.messages.length === 0) return
          after = batch.currentGlobalPosition
          yield batch.messages.length
        }
      },
      close: async () => {
        await store.close()
        await pool.close()
      },
    }
  },
)

type State = ReturnType<typeof initialState>
