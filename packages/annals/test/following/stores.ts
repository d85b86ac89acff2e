import { DatabaseSync } from 'node:sqlite'
import { memory, type EventStore } from 'annals'
import { sqlite } from 'annals/sqlite'
import { inFile } from '../places.ts'
import { inSchema } from '../postgres-place.ts'
import type { CallersTransaction, StorePlace } from '../../src/testing/contracts/store/scene.ts'

/** Where a test keeps its events; each store that is opened on it sees the same, as other processes would. */
export interface Place extends AsyncDisposable {
  open(): EventStore
  /** Begins a transaction of the test's own, of the type that the stores take as `tx`. */
  begin(): Promise<CallersTransaction>
}

/** A kind of store, with a way to a place of its own. */
interface Kind {
  readonly name: string
  readonly at: () => Promise<Place>
}

/** Every kind of store that can be followed. */
export const stores: readonly [memory: Kind, SQLite: Kind, PostgreSQL: Kind] = [
  { name: 'memory', at: inMemory },
  { name: 'SQLite', at: async () => placed(await inFile((path) => sqlite(path), DatabaseSync)) },
  { name: 'PostgreSQL', at: async () => placed(await inSchema()) },
]

/** A memory store is its own place: it stays open until the place goes. */
export async function inMemory(): Promise<Place> {
  const store = memory()
  return {
    open: () => leftOpen(store),
    begin: withoutTransactions,
    [Symbol.asyncDispose]: () => store.close(),
  }
}

async function withoutTransactions(): Promise<never> {
  throw new Error('a memory store has no transactions')
}

const nothing = async () => undefined

function leftOpen(store: EventStore): EventStore {
  return overriding(store, { close: nothing, [Symbol.asyncDispose]: nothing })
}

/** The same object, but for what is to be another. */
export function overriding<T extends object>(target: T, other: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (name in other) return Reflect.get(other, name) as unknown
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function placed(place: StorePlace): Place {
  return {
    // a store opens at once, whatever a place may do
    open: () => place.open({} as never) as EventStore,
    begin: async () => place.begin?.() ?? withoutTransactions(),
    [Symbol.asyncDispose]: async () => place.remove?.(),
  }
}
