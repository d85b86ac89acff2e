import { chain, type Awaitable } from '../../core/awaitable.ts'
import { misuse } from '../../core/errors.ts'
import { checkUnused, leaseLost } from '../../store/refusals.ts'
import { hashes } from '../../store/slices.ts'
import type {
  Inline,
  Lease,
  Ledger,
  Move,
  Overview,
  Page,
  PageDone,
  PageWork,
  Parked,
  ParkedName,
  ParkedQuery,
  ParkedRequest,
  ProcessorName,
  QueueName,
  Registration,
  SliceName,
  Standing,
  TableDifference,
  Tending,
} from '../../store/ledger.ts'
import type { Position, Query, StoredEvent } from '../../store/store.ts'
import { mayGoLive, type VersionStanding } from '../../store/versions.ts'
import type { MemoryDocuments } from './documents.ts'
import type { EventLog } from './log.ts'
import { isStuck, ParkedEvents } from './parked.ts'
import { Registered } from './processors.ts'

/** What a ledger needs of its store. */
export interface Surroundings {
  readonly log: EventLog
  readonly documents: MemoryDocuments
  readonly now: () => Date
  readonly checkOpen: () => void
}

/** Applies what was worked out; nothing of it can fail. */
type Apply = () => readonly Parked[]

const wholeLog = { first: 0, last: hashes - 1 }

/**
 * How far the followers of a memory store are. Whatever can fail is worked out first and then applied at once, so
 * nothing is ever half done.
 */
export class MemoryLedger implements Ledger {
  readonly #processors = new Map<string, Registered>()
  readonly #inline = new Set<Registered>()
  readonly #parked = new ParkedEvents()
  readonly #store: Surroundings

  constructor(store: Surroundings) {
    this.#store = store
  }

  async register(registrations: readonly Registration[]): Promise<void> {
    this.#store.checkOpen()
    for (const { kind, name, setup } of registrations)
      if (kind === 'projection' || setup) refuseProjection(name)
    for (const registration of registrations) {
      const known = this.#find(registration)
      if (known) known.wanted = registration.slices
      else this.#add(registration)
    }
  }

  async tend({ owner, term, held, runs }: Tending): Promise<readonly Standing[]> {
    const now = this.#time()
    for (const lease of held) this.#find(lease)?.renew(lease, now + term)
    return runs.flatMap(({ error, ...name }) => {
      const processor = this.#find(name)
      processor?.askedBy(owner, { expires: now + term, error })
      return processor ? [this.#standing(processor)] : []
    })
  }

  async claim(
    slices: readonly SliceName[],
    owner: string,
    term: number,
  ): Promise<readonly Lease[]> {
    const now = this.#time()
    return slices.flatMap((slice) => this.#find(slice)?.claim(slice.first, owner, now, term) ?? [])
  }

  async release(leases: readonly Lease[]): Promise<void> {
    this.#store.checkOpen()
    for (const lease of leases) this.#find(lease)?.release(lease)
  }

  async commit({ lease, position, ...work }: Page): Promise<PageDone> {
    this.#store.checkOpen()
    const apply = this.#workOut(work, lease)
    if (!this.#find(lease)?.move(lease, position)) throw leaseLost(lease)
    return { next: apply() }
  }

  async advance(moves: readonly Move[]): Promise<readonly Move[]> {
    this.#store.checkOpen()
    return moves.filter(({ lease, position }) => !this.#find(lease)?.move(lease, position))
  }

  async turnInline(
    lease: Lease,
    query: Query,
    handle: (events: readonly StoredEvent[]) => Awaitable<PageWork>,
  ): Promise<boolean> {
    this.#store.checkOpen()
    const { log } = this.#store
    const processor = this.#leased(lease)
    const reached = processor.checkpointOf(lease)
    const { last } = log
    const { events, until } = log.follow(query, { after: reached })
    const isParked = this.#parked.queuesOf(lease, wholeLog).length > 0
    if (!processor.whole || processor.paused || isParked || until < last) return false
    // at once where the handling is, so that nothing comes between
    return chain(handle(events), (work) => {
      const apply = this.#workOut(work, lease)
      if (processor.checkpointOf(lease) !== reached || log.last !== last) return false
      apply()
      processor.move(lease, last)
      processor.turnInline()
      this.#inline.add(processor)
      return true
    })
  }

  async recut(processor: ProcessorName): Promise<boolean> {
    const now = this.#time()
    return this.#find(processor)?.recut(now) ?? false
  }

  async goLive(name: ProcessorName, reached: Position): Promise<boolean> {
    const now = this.#time()
    const processor = this.#find(name)
    if (!processor) return false
    const before = this.#liveOf(name.name)
    const ofBefore = before && this.#versionOf(before, now)
    if (!mayGoLive(this.#versionOf(processor, now), ofBefore, reached)) return false
    if (before) before.live = false
    processor.live = true
    return true
  }

  async drop(name: ProcessorName): Promise<boolean> {
    const now = this.#time()
    const processor = this.#find(name)
    if (!processor) return false
    checkUnused(name, { mode: processor.mode, runners: processor.runners(now).length })
    this.#processors.delete(keyOf(name))
    this.#parked.forget(name)
    this.#store.documents.forget(name)
    return true
  }

  async compareTables(): Promise<readonly TableDifference[]> {
    this.#store.checkOpen()
    return [] // it keeps no projection
  }

  async overview(processors?: readonly ProcessorName[]): Promise<readonly Overview[]> {
    this.#store.checkOpen()
    const asked = processors?.flatMap((name) => this.#find(name) ?? [])
    return [...(asked ?? this.#processors.values())].map((processor) => this.#look(processor))
  }

  async pause(name: ProcessorName, paused: boolean): Promise<boolean> {
    this.#store.checkOpen()
    const processor = this.#find(name)
    if (processor) processor.paused = paused
    return processor !== undefined
  }

  async queues(lease: Lease): Promise<readonly QueueName[]> {
    this.#store.checkOpen()
    return this.#parked.queuesOf(lease, lease).map(({ tenant, queue }) => ({ tenant, queue }))
  }

  async due(lease: Lease, limit: number): Promise<readonly Parked[]> {
    this.#store.checkOpen()
    return this.#parked.due(lease, lease, this.#store.now()).slice(0, limit)
  }

  async parked(of: ParkedQuery): Promise<readonly Parked[]> {
    this.#store.checkOpen()
    return this.#parked.list(of)
  }

  async request(parked: ParkedName, request: ParkedRequest): Promise<boolean> {
    this.#store.checkOpen()
    return this.#parked.request(parked, request)
  }

  /** Works out what an append does to the models that are inline, before its events are added to the log. */
  appending(events: readonly StoredEvent[], inline: Inline | undefined): () => void {
    const left = new Set(this.#inline)
    if (left.size === 0 || events.length === 0) return () => undefined
    const { documents, log } = this.#store
    const { models = [], change } = inline ?? {}
    const kept = new Map<number, Registered>()
    for (const [index, name] of models.entries()) {
      const model = this.#find(name)
      if (model && left.delete(model)) kept.set(index, model)
    }
    const own = inline?.own.find(({ model }) => kept.has(model))
    if (own) refuseProjection(kept.get(own.model)?.name ?? '')
    const before: Parameters<Inline['change']>[2] = ({ model, ...key }) => {
      const name = kept.get(model)
      return name && documents.get(name, key)
    }
    const changes = kept.size > 0 ? change?.(events, new Set(kept.keys()), before) : undefined
    const { last } = log
    return () => {
      for (const { model, ...document } of changes ?? []) {
        const name = kept.get(model)
        if (name) documents.put(name, [document])
      }
      for (const processor of left) {
        processor.follow(last)
        this.#inline.delete(processor)
      }
    }
  }

  #add(registration: Registration): void {
    const { name, kind, inline } = registration
    const isEmpty = this.#store.log.last === 0
    const processor = new Registered(registration, {
      mode: inline && isEmpty ? 'inline' : 'following',
      live: kind === 'subscription' || (isEmpty && !this.#liveOf(name)),
    })
    this.#processors.set(keyOf(registration), processor)
    if (processor.mode === 'inline') this.#inline.add(processor)
  }

  #versionOf(processor: Registered, now: number): VersionStanding {
    const { version, mode } = processor
    const position = mode === 'inline' ? this.#store.log.last : processor.position
    return { version, mode, position, runners: processor.runners(now).length }
  }

  #liveOf(name: string): Registered | undefined {
    return [...this.#processors.values()].find((one) => one.name === name && one.live)
  }

  #workOut(
    { documents, own, parks = [], settles = [] }: Omit<Page, 'lease' | 'position'>,
    lease: Lease,
  ): Apply {
    const { documents: kept, now } = this.#store
    if (own) refuseProjection(lease.name)
    const changes = documents?.change((key) => kept.get(documents.model, key))
    const at = now()
    return () => {
      if (documents) kept.put(documents.model, changes ?? [])
      for (const parking of parks) this.#parked.park(lease, parking, at)
      return this.#parked.settle(lease, settles)
    }
  }

  #look(processor: Registered): Overview {
    const queues = this.#parked.queuesOf(processor, wholeLog)
    const events = queues.flatMap((queue) => queue.events)
    const [oldest] = events.map(({ at }) => at).toSorted((one, next) => Number(one) - Number(next))
    const stuck = queues.filter((queue) => queue.events.some(isStuck)).length
    const errors = processor.runners(this.#time()).flatMap(({ error }) => error ?? [])
    const waiting = { parked: events.length, stuck, oldest }
    return { ...this.#standing(processor), ...waiting, error: errors[0] }
  }

  #standing(processor: Registered): Standing {
    const { name, version, kind, mode, live, paused, wanted } = processor
    const now = this.#store.now()
    const runners = processor.runners(now.getTime()).length
    const slices = processor.slices(
      now.getTime(),
      (range) => this.#parked.due(processor, range, now).length > 0,
    )
    return { name, version, kind, mode, live, paused, wanted, runners, slices }
  }

  #leased(lease: Lease): Registered {
    const processor = this.#find(lease)
    if (!processor) throw leaseLost(lease)
    return processor
  }

  #find(name: ProcessorName): Registered | undefined {
    return this.#processors.get(keyOf(name))
  }

  #time(): number {
    this.#store.checkOpen()
    return this.#store.now().getTime()
  }
}

function refuseProjection(name: string): never {
  misuse(
    `${name} is a projection, and a memory store has no tables for it; use a view, or a store on SQLite or PostgreSQL`,
  )
}

function keyOf({ name, version }: ProcessorName): string {
  return `${name} ${version}`
}
