import assert from 'node:assert/strict'
import type {
  Append,
  Appended,
  EventStore,
  Once,
  Query,
  ReadOptions,
  StoredEvent,
} from '../../../store/store.ts'
import { same } from './vocabulary.ts'

const name = 'neighbour'

/**
 * A second tenant that appends whatever the first one does, under the same names of streams, tags and keys,
 * whether or not the first one may. Neither must see the other, nor be in its way.
 */
export class Neighbour {
  readonly #ids = new Set<string>()
  readonly #keys = new Set<string>()
  readonly #events: StoredEvent[] = []

  /** The store, as the first tenant sees it with the neighbour beside. */
  beside(store: EventStore): EventStore {
    return {
      can: store.can,
      ledger: store.ledger,
      documents: store.documents,
      append: (append, options) => this.#append(store, append, options),
      read: (query, options) => this.#read(store, query, options),
      follow: async (query, options) => {
        const followed = await store.follow(query, options)
        this.#checkOwn(followed.events, query)
        return followed
      },
      settled: (options) => store.settled(options),
      watermark: () => store.watermark(),
      wake: (after, signal) => store.wake(after, signal),
      remembered: async (tenant, once, options) => {
        const found = await store.remembered(tenant, once, options)
        assert.notEqual(found?.fingerprint, name, `the key ${once.key} is the neighbour's`)
        return found
      },
      close: () => store.close(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  }

  /** Expects the neighbour to have its own events, all of them and no more. */
  async check(store: EventStore): Promise<void> {
    const events: StoredEvent[] = []
    for await (const page of store.read({ tenant: name, filters: [{}] }))
      for (const event of page) events.push(event)
    const expected = this.#events.toSorted((one, other) => one.position - other.position)
    same(events, expected)
  }

  async #append(
    store: EventStore,
    append: Append,
    options: Parameters<EventStore['append']>[1],
  ): Promise<Appended> {
    const theirs = this.#imitate(append)
    const [imitated, appended] = await Promise.allSettled([
      theirs && store.append(theirs),
      store.append(append, options),
    ])
    if (imitated.status === 'fulfilled')
      for (const event of imitated.value?.events ?? []) this.#events.push(event)
    if (appended.status === 'rejected') throw appended.reason
    if (imitated.status === 'rejected') throw imitated.reason
    return appended.value
  }

  async *#read(
    store: EventStore,
    query: Query,
    options?: ReadOptions,
  ): AsyncGenerator<readonly StoredEvent[]> {
    for await (const page of store.read(query, options)) {
      this.#checkOwn(page, query)
      yield page
    }
  }

  #checkOwn(page: readonly StoredEvent[], query: Query): void {
    for (const { tenant, id } of query.tenant === undefined ? [] : page) {
      assert.equal(tenant, query.tenant, `${id} is another tenant's`)
      assert.ok(!this.#ids.has(id), `${id} is the neighbour's`)
    }
  }

  #imitate({ drafts, once = [] }: Append): Append | undefined {
    const keys = once.filter((key) => this.#isNew(key))
    if (drafts.length === 0 && keys.length === 0) return undefined
    return {
      tenant: name,
      drafts: drafts.map((draft) => ({ ...draft, id: this.#id() })),
      once: keys.map((key) => ({ ...key, fingerprint: name })),
    }
  }

  #id(): string {
    const id = crypto.randomUUID()
    this.#ids.add(id)
    return id
  }

  #isNew({ stream, key }: Once): boolean {
    const seen = this.#keys.size
    return this.#keys.add(JSON.stringify([stream.category, stream.id, key])).size > seen
  }
}
