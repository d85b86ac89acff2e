import { keepFor, type Keep } from '../../core/duration.ts'
import { checkOptions } from '../../core/options.ts'
import { admit, admitFollow, admitRead } from '../../store/admission.ts'
import { clockOf } from '../../store/clock.ts'
import { Watch } from '../../store/watch.ts'
import {
  checkEpoch,
  checkFollowed,
  checkStreamGuard,
  closed,
  firstResult,
  refuseDecision,
  refuseRepeated,
} from '../../store/refusals.ts'
import type {
  Append,
  Appended,
  Boundary,
  EventStore,
  Followed,
  FollowOptions,
  Guard,
  Once,
  OnceKey,
  Position,
  Query,
  ReadOptions,
  Remembered,
  Settled,
  StoredEvent,
  Watermark,
} from '../../store/store.ts'
import { MemoryDocuments } from './documents.ts'
import { MemoryLedger } from './ledger.ts'
import { EventLog } from './log.ts'
import { OnceKeys } from './once.ts'

/** What may vary between memory stores. */
export interface MemoryOptions {
  /** What time it is; the system's clock by default. */
  readonly clock?: () => Date
  /** How long `once` keys are remembered: `'30d'` by default, or `'forever'`. */
  readonly keepOnce?: Keep
}

/** An event store in the memory of this process, for tests and for programs that keep nothing. */
export function memory(options: MemoryOptions = {}): EventStore {
  return new MemoryStore(options)
}

class MemoryStore implements EventStore {
  readonly can = { transactions: false }
  readonly documents: MemoryDocuments
  readonly ledger: MemoryLedger
  readonly #log = new EventLog()
  readonly #once: OnceKeys
  readonly #clock: () => Date
  readonly #epoch: string = crypto.randomUUID()
  readonly #watch = new Watch({
    ask: async () => this.#log.last,
    listen: async () => true, // of every append, at once
    poll: 60_000,
  })
  #last = new Date(0)
  #closed = false

  constructor(options: MemoryOptions) {
    checkOptions('memory', options, ['clock', 'keepOnce'])
    const { clock, keepOnce = '30d' } = options
    this.#clock = clockOf('memory', clock)
    this.#once = new OnceKeys(keepFor(keepOnce, 'keepOnce'))
    const checkOpen = () => this.#checkOpen()
    this.documents = new MemoryDocuments(checkOpen)
    this.ledger = new MemoryLedger({
      log: this.#log,
      documents: this.documents,
      now: () => this.#now(),
      checkOpen,
    })
  }

  async append(
    append: Append,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Appended> {
    signal?.throwIfAborted()
    this.#checkOpen()
    admit(append)
    const { tenant, drafts, guard, once = [], inline } = append
    const stored = drafts.map(({ id }) => this.#log.byId(id))
    const first = firstResult(tenant, drafts, stored)
    if (first) return appended(first, this.#log.last)
    const at = this.#now()
    for (const key of once) this.#checkOnce(tenant, key, at)
    if (guard) this.#checkGuard(tenant, guard)
    const events = this.#log.next(tenant, drafts, at)
    const applyInline = this.ledger.appending(events, inline)
    this.#log.add(events)
    applyInline()
    for (const key of once) this.#once.remember(tenant, key, this.#log.last, at)
    this.#watch.heard(this.#log.last)
    return appended(events, this.#log.last)
  }

  async *read(query: Query, options: ReadOptions = {}): AsyncGenerator<readonly StoredEvent[]> {
    const { limit = Infinity, page: size = 1_000, signal } = options
    let page: StoredEvent[] = []
    let count = 0
    signal?.throwIfAborted()
    this.#checkOpen()
    admitRead(query, options)
    for (const event of this.#log.select(query, options)) {
      if (count++ === limit) break
      page.push(event)
      if (page.length < size) continue
      yield page
      page = []
      signal?.throwIfAborted()
      this.#checkOpen()
    }
    if (page.length > 0) yield page
  }

  async follow(query: Query, options: FollowOptions): Promise<Followed> {
    options.signal?.throwIfAborted()
    this.#checkOpen()
    admitFollow(query, options)
    checkFollowed(options, this.#epoch)
    return this.#log.follow(query, options)
  }

  // every append is done before another begins, so whatever is there is settled
  async settled(): Promise<Settled> {
    this.#checkOpen()
    return { epoch: this.#epoch, position: this.#log.last }
  }

  async watermark(): Promise<Watermark> {
    return { ...(await this.settled()), head: this.#log.last, holders: [] }
  }

  async wake(after: Position, signal: AbortSignal): Promise<Position> {
    return this.#watch.wait(after, signal)
  }

  async remembered(tenant: string, once: OnceKey): Promise<Remembered | undefined> {
    this.#checkOpen()
    return this.#once.find(tenant, once, this.#now())
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#watch.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #checkOnce(tenant: string, once: Once, at: Date): void {
    const remembered = this.#once.find(tenant, once, at)
    if (remembered) refuseRepeated(once, remembered)
  }

  #checkGuard(tenant: string, { streams = [], decision }: Guard): void {
    for (const guard of streams) checkStreamGuard(guard, this.#log.versionOf(tenant, guard))
    if (decision) this.#checkDecision({ tenant, filters: decision.filters }, decision.after)
  }

  #checkDecision(query: Query, after: Boundary): void {
    checkEpoch(after, this.#epoch)
    const seen = new Set(after.seen)
    for (const { position } of this.#log.select(query, { after: after.position }))
      if (!seen.has(position)) refuseDecision()
  }

  /** The time by the clock, never going back. */
  #now(): Date {
    const now = this.#clock()
    if (now.getTime() > this.#last.getTime()) this.#last = now
    return this.#last
  }

  #checkOpen(): void {
    if (this.#closed) throw closed()
  }
}

function appended(events: readonly StoredEvent[], settled: number): Appended {
  return { events, position: events.at(-1)?.position ?? settled }
}
