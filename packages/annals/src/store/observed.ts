import type { Documents } from './documents.ts'
import type { Ledger } from './ledger.ts'
import { observedLedger } from './observed-ledger.ts'
import type { Observer } from './observer.ts'
import type {
  Append,
  Appended,
  Capabilities,
  EventStore,
  Followed,
  FollowOptions,
  OnceKey,
  Position,
  Query,
  ReadOptions,
  Remembered,
  Settled,
  StoredEvent,
  Watermark,
} from './store.ts'

/**
 * The same store, watched: an observer is around its appends, around the commands of every app on it, and around what its
 * processors do, and hears what the store tells of itself.
 */
export function observed<Tx>(store: EventStore<Tx>, observer: Observer): EventStore<Tx> {
  return new ObservedStore(store, observer)
}

class ObservedStore<Tx> implements EventStore<Tx> {
  readonly can: Capabilities
  readonly ledger: Ledger
  readonly documents: Documents<Tx>
  readonly observer: Observer
  readonly #store: EventStore<Tx>

  constructor(store: EventStore<Tx>, observer: Observer) {
    this.#store = store
    this.observer = observer
    this.can = store.can
    this.ledger = observedLedger(store.ledger, observer)
    this.documents = store.documents
    store.observe?.((note) => observer.noted(note))
  }

  append(
    append: Append,
    options?: { readonly tx?: Tx; readonly signal?: AbortSignal },
  ): Promise<Appended> {
    return this.observer.around({ kind: 'append', append }, () =>
      this.#store.append(append, options),
    )
  }

  read(query: Query, options?: ReadOptions<Tx>): AsyncIterable<readonly StoredEvent[]> {
    return this.#store.read(query, options)
  }

  follow(query: Query, options: FollowOptions): Promise<Followed> {
    return this.#store.follow(query, options)
  }

  settled(options?: { readonly tx?: Tx }): Promise<Settled> {
    return this.#store.settled(options)
  }

  watermark(): Promise<Watermark> {
    return this.#store.watermark()
  }

  wake(after: Position, signal: AbortSignal): Promise<Position> {
    return this.#store.wake(after, signal)
  }

  remembered(
    tenant: string,
    once: OnceKey,
    options?: { readonly tx?: Tx },
  ): Promise<Remembered | undefined> {
    return this.#store.remembered(tenant, once, options)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
