import { memory } from '../../src/adapters/memory/index.ts'
import { AnnalsError } from '../../src/core/errors.ts'
import type { Duration } from '../../src/core/duration.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import type {
  Append,
  Appended,
  Draft,
  EventStore,
  Filter,
  Guard,
  Once,
  Query,
  ReadOptions,
  StoredEvent,
  StreamName,
} from '../../src/store/store.ts'
import type { StoreOptions } from '../../src/testing/contracts/store/scene.ts'

/** Breaks one mechanism of a store: gives what is to be put in place of its own methods. */
export type Mutate = (store: EventStore, options: StoreOptions) => Partial<EventStore>

/** Opens stores of which one mechanism is broken; in memory, or others. */
export function broken(
  mutate: Mutate,
  open: (options: StoreOptions) => EventStore = memory,
): (options: StoreOptions) => EventStore {
  return (options) => {
    const store = open(options)
    return {
      can: store.can,
      ledger: store.ledger,
      documents: store.documents,
      follow: (query, more) => store.follow(query, more),
      watermark: () => store.watermark(),
      append: (append, more) => store.append(append, more),
      read: (query, more) => store.read(query, more),
      settled: (more) => store.settled(more),
      wake: (after, signal) => store.wake(after, signal),
      remembered: (tenant, once, more) => store.remembered(tenant, once, more),
      close: () => store.close(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      ...mutate(store, options),
    }
  }
}

/** Changes what is appended. */
export function appending(change: (append: Append) => Append): Mutate {
  return (store) => ({ append: (append, options) => store.append(change(append), options) })
}

/** Changes each event on its way. */
export function drafting(change: (draft: Draft) => Draft): Mutate {
  return appending((append) => ({ ...append, drafts: append.drafts.map(change) }))
}

/** Changes the guard of an append. */
export function guarding(change: (guard: Guard) => Guard): Mutate {
  return appending(({ guard, ...append }) => ({
    ...append,
    ...(guard && { guard: change(guard) }),
  }))
}

/** Changes the options of a read. */
export function reading(change: (options: ReadOptions) => ReadOptions): Mutate {
  return (store) => ({ read: (query, options = {}) => store.read(query, change(options)) })
}

/** Changes what a read asks for. */
export function querying(change: (query: Query) => Query): Mutate {
  return (store) => ({ read: (query, options) => store.read(change(query), options) })
}

/** Changes each filter of a read. */
export function filtering(change: (filter: Filter) => Filter): Mutate {
  return querying(({ tenant, filters }) => ({ tenant, filters: filters.map(change) }))
}

/** Changes the pages of a read. */
export function paging(
  change: (page: readonly StoredEvent[], index: number) => readonly StoredEvent[],
): Mutate {
  return (store) => ({
    async *read(query, options) {
      let index = 0
      for await (const page of store.read(query, options)) {
        const changed = change(page, index++)
        if (changed.length > 0) yield changed
      }
    },
  })
}

/** Changes every event that a store gives. */
export function telling(change: (event: StoredEvent) => StoredEvent): Mutate {
  return (store) => ({
    async append(append, options) {
      const { events, position } = await store.append(append, options)
      return { events: events.map(change), position }
    },
    async *read(query, options) {
      for await (const page of store.read(query, options)) yield page.map(change)
    },
  })
}

/** Says that an append is done which was refused with one of these codes. */
export function swallowing(...codes: ErrorCode[]): Mutate {
  return (store) => ({
    async append(append, options): Promise<Appended> {
      try {
        return await store.append(append, options)
      } catch (error) {
        if (!(error instanceof AnnalsError) || !codes.some((code) => code === error.code))
          throw error
        return { events: [], position: (await store.settled()).position }
      }
    },
  })
}

/** Changes all names: of streams, types, tags, tenants and keys, written or asked for. */
export function naming(change: (name: string) => string): Mutate {
  const stream = (named: StreamName) => ({
    category: change(named.category),
    id: change(named.id),
  })
  const filter = (given: Filter): Filter => ({
    ...given,
    ...(given.category !== undefined && { category: change(given.category) }),
    ...(given.id !== undefined && { id: change(given.id) }),
    ...(given.types && { types: given.types.map(change) }),
    ...(given.tags && { tags: given.tags.map(change) }),
  })
  return (store) => ({
    append: ({ tenant, drafts, once = [], ...rest }, options) =>
      store.append(
        {
          ...rest,
          tenant: change(tenant),
          once: once.map((key) => ({ ...key, stream: stream(key.stream), key: change(key.key) })),
          drafts: drafts.map((draft) => ({
            ...draft,
            stream: stream(draft.stream),
            type: change(draft.type),
            tags: draft.tags.map(change),
          })),
        },
        options,
      ),
    read: ({ tenant, filters }, options) =>
      store.read(
        { tenant: tenant === undefined ? tenant : change(tenant), filters: filters.map(filter) },
        options,
      ),
    remembered: (tenant, once) =>
      store.remembered(change(tenant), { stream: stream(once.stream), key: change(once.key) }),
  })
}

/** Runs every append alone, so that a store has more than one on its way. */
export function queued(
  run: (work: () => Promise<Appended>, waiting: number) => Promise<Appended>,
): Mutate {
  return (store) => {
    let waiting = 0
    return {
      async append(append, options) {
        try {
          return await run(() => store.append(append, options), waiting++)
        } finally {
          waiting--
        }
      },
    }
  }
}

/** Keeps keys for another time than it was told. */
export function remembering(keepOnce: Duration): Mutate {
  return (_, { clock }) => {
    const store = memory({ clock, keepOnce })
    return {
      append: (append, options) => store.append(append, options),
      read: (query, options) => store.read(query, options),
      remembered: (tenant, once) => store.remembered(tenant, once),
    }
  }
}

/** Changes `once` keys, where they are kept and asked for. */
export function onKeys(change: (once: Once) => Once): Mutate {
  return (store) => ({
    append: ({ once = [], ...append }, options) =>
      store.append({ ...append, once: once.map(change) }, options),
    remembered: (tenant, { stream, key }) =>
      store.remembered(tenant, change({ stream, key, fingerprint: '', version: 0, events: 0 })),
  })
}

/** Leaves a property out. */
export const omit = <Value extends object>(value: Value, name: keyof Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as Value
