import type { Pool } from 'pg'
import { deposit, type Deposit } from './account.ts'
import { metadata } from './drafts.ts'
import { peerJournal } from './journal.ts'
import { peers } from './peers.ts'
import { newPool } from './postgres-server.ts'

interface Tables {
  readonly client: Pool
  readonly events: string
  readonly bookmarks: string
}

type Deposited = Deposit & { readonly type: 'MoneyDeposited'; readonly metadata: object }

interface Stored {
  readonly event: Deposited
  readonly position: unknown
}

interface State {
  readonly balance: number
  readonly deposits: number
}

/** The subset of `evtstore` that is called. */
interface DomainPackage {
  readonly createAggregate: (options: {
    readonly stream: string
    readonly create: () => State
    readonly fold: (event: Deposited, state: State) => Partial<State>
  }) => object
  readonly createDomain: <Name extends string>(
    options: { readonly provider: Provider },
    aggregates: Readonly<Record<Name, object>>,
  ) => { readonly domain: Readonly<Record<Name, { getAggregate(id: string): Promise<State> }>> }
}

/** The subset of `evtstore/provider/pg` that is called. */
interface Package {
  readonly migrate: (tables: Tables) => Promise<void>
  readonly createProvider: (tables: Tables) => Provider
}

interface Provider {
  createEvents(
    stream: string,
    id: string,
    version: number,
    events: readonly Deposited[],
  ): readonly Stored[]
  append(
    stream: string,
    id: string,
    version: number,
    events: readonly Stored[],
  ): Promise<readonly Stored[]>
  getEventsFrom(stream: string, position: unknown, limit: number): Promise<readonly Stored[]>
}

const stream = 'account'
// it has no place for metadata, so they are a part of the event
const event: Deposited = { type: 'MoneyDeposited', ...deposit, metadata }

const found = peers('evtstore', 'evtstore/provider/pg') as
  readonly [DomainPackage, Package] | string

/** evtstore, with its provider for `pg`. */
export const evtstoreJournal = peerJournal(
  'evtstore',
  found,
  async ([{ createAggregate, createDomain }, { migrate, createProvider }], { url }) => {
    const client = newPool(url)
    const tables = { client, events: 'events', bookmarks: 'bookmarks' }
    await migrate(tables)
    const provider = createProvider(tables)
    const account = createAggregate({
      stream,
      create: () => ({ balance: 0, deposits: 0 }),
      fold: ({ amount }, { balance, deposits }) => ({
        balance: balance + amount,
        deposits: deposits + 1,
      }),
    })
    const { domain } = createDomain({ provider }, { account })
    return {
      append: (id, version, deposits) => {
        const events = Array.from({ length: deposits }, () => event)
        const first = version + 1
        return provider.append(stream, id, first, provider.createEvents(stream, id, first, events))
      },
      load: async (id) => (await domain.account.getAggregate(id)).deposits,
      async *pages(size) {
        let position: unknown = 0
        for (;;) {
          const events = await provider.getEventsFrom(stream, position, size)
          if (events.length === 0) return
          position = events.at(-1)?.position
          yield events.length
        }
      },
      close: () => client.end(),
    }
  },
)
