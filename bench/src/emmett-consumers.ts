import type { CatchUp } from './catch-up.ts'
import { evolve, initialState, type MoneyDeposited } from './emmett-account.ts'
import { peers } from './peers.ts'

/** The subset of `@event-driven-io/emmett-postgresql` that is called. */
interface Package {
  readonly postgreSQLEventStoreConsumer: (options: {
    readonly connectionString: string
    readonly pulling: { readonly batchSize: number; readonly pullingFrequencyInMs: number }
  }) => Consumer
  readonly pongoSingleStreamProjection: (options: {
    readonly collectionName: string
    readonly canHandle: readonly string[]
    readonly initialState: () => Balance
    readonly evolve: (document: Balance, event: MoneyDeposited) => Balance
    readonly collectionOptions: object
  }) => Projection
}

interface Consumer {
  reactor(options: Until & { readonly eachMessage: () => void }): unknown
  projector(options: Until & { readonly projection: Projection }): unknown
  start(): Promise<void>
  close(): Promise<void>
}

interface Until {
  readonly processorId: string
  readonly stopAfter: () => boolean
}

/** The subset of `@event-driven-io/pongo` that is called: Emmett's documents. */
interface Documents {
  readonly pongoClient: (connectionString: string) => {
    db(): { collection(name: string): Collection }
    close(): Promise<void>
  }
}

interface Collection {
  createCollection(): Promise<void>
  countDocuments(): Promise<bigint>
  findOne(filter: { readonly _id: string }): Promise<Balance | null>
}

/** A projection of Emmett's. */
export type Projection = object

type Balance = ReturnType<typeof initialState>

/** The packages of Emmett's consumers and documents, or why they cannot be used. */
export const emmettPackages = peers(
  '@event-driven-io/emmett-postgresql',
  '@event-driven-io/pongo',
) as Packages | string

/** The same, where they are there. */
export type Packages = readonly [Package, Documents]

/** The first so many events of a log. */
interface Part {
  readonly url: string
  readonly n: number
  readonly events: number
}

/** A reactor, whose handler counts. */
export function reactorFrom(packages: Packages, part: Part): CatchUp {
  const consumer = consumerOf(packages, part)
  let handled = 0
  consumer.reactor({
    processorId: `counting-${part.n}`,
    eachMessage: () => {
      handled++
    },
    stopAfter: () => handled === part.events,
  })
  return {
    run: async () => {
      await consumer.start()
      return handled
    },
    close: () => consumer.close(),
  }
}

/** A projection into documents, one for each stream. */
export async function projectorFrom(packages: Packages, part: Part): Promise<CatchUp> {
  const balances = await balancesIn(packages, part.url, `balances_${part.n}`)
  const { projection, documents } = balances
  const consumer = consumerOf(packages, part)
  let passed = 0
  const stopAfter = () => ++passed === part.events
  consumer.projector({ processorId: `balances-${part.n}`, projection, stopAfter })
  return {
    run: async () => {
      await consumer.start()
      const each = await depositsIn(documents, 'account-0')
      return Number(await documents.countDocuments()) * each
    },
    close: async () => {
      await consumer.close()
      await balances.close()
    },
  }
}

/** Documents of accounts, one for each stream, and the projection that keeps them. */
export interface Balances {
  readonly projection: Projection
  readonly documents: Collection
  close(): Promise<void>
}

/** Makes the table of the documents at once: the projection would look for it at every event otherwise. */
export async function balancesIn(
  [{ pongoSingleStreamProjection }, { pongoClient }]: Packages,
  url: string,
  collectionName: string,
): Promise<Balances> {
  const client = pongoClient(url)
  const documents = client.db().collection(collectionName)
  await documents.createCollection()
  const projection = pongoSingleStreamProjection({
    collectionName,
    canHandle: ['MoneyDeposited'],
    initialState,
    evolve,
    collectionOptions: { schema: { autoMigration: 'None' } },
  })
  return { projection, documents, close: () => client.close() }
}

/** How many deposits the document of a stream has. */
export async function depositsIn(documents: Collection, _id: string): Promise<number> {
  return (await documents.findOne({ _id }))?.deposits ?? 0
}

// One batch has everything: Emmett is fastest so, since it pauses after each batch.
function consumerOf([{ postgreSQLEventStoreConsumer }]: Packages, { url, events }: Part): Consumer {
  const pulling = { batchSize: events, pullingFrequencyInMs: 0 }
  return postgreSQLEventStoreConsumer({ connectionString: url, pulling })
}
