import type { EventStore, ReadEventMetadataWithGlobalPosition } from '@event-driven-io/emmett'
import { metadata } from './drafts.ts'
import { evolve, initialState, moneyDeposited, type MoneyDeposited } from './emmett-account.ts'
import { balancesIn, depositsIn, emmettPackages, type Projection } from './emmett-consumers.ts'
import { peerJournal, type Journal } from './journal.ts'
import { peers } from './peers.ts'

/** The subset of `@event-driven-io/emmett-postgresql` that is called. */
interface Package {
  readonly getPostgreSQLEventStore: (
    connectionString: string,
    options: {
      readonly schema: { readonly autoMigration: 'None' }
      readonly projections: readonly { readonly type: 'inline'; readonly projection: Projection }[]
    },
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
export const emmettJournal = peerJournal('Emmett', found, (packages, { url }) =>
  journalOn(packages, url, []),
)

/** The same with a document for each stream that every append keeps: its deposits are those of the document. */
export const emmettInlineJournal = peerJournal('Emmett', found, async (packages, { url }) => {
  if (typeof emmettPackages === 'string') throw new Error(emmettPackages)
  const balances = await balancesIn(emmettPackages, url, 'balances')
  const journal = await journalOn(packages, url, [balances.projection])
  return {
    ...journal,
    load: (stream) => depositsIn(balances.documents, stream),
    close: async () => {
      await journal.close()
      await balances.close()
    },
  }
})

async function journalOn(
  [{ getPostgreSQLEventStore, readMessagesBatch }, { dumbo }]: readonly [Package, Driver],
  url: string,
  inline: readonly Projection[],
): Promise<Journal> {
  const store = getPostgreSQLEventStore(url, {
    schema: { autoMigration: 'None' },
    projections: inline.map((projection) => ({ type: 'inline', projection })),
  })
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
}

type State = ReturnType<typeof initialState>
