import type {
  Lease,
  Page,
  PageDone,
  PageWork,
  Parked,
  Parking,
  QueueName,
} from '../store/ledger.ts'
import type { EventStore, Position, StoredEvent } from '../store/store.ts'
import { storedEvent } from '../store/stored-event.ts'
import { Assigner, isUnreadable, positionOf, type Entry } from './assigning.ts'
import type { Bell } from './bell.ts'
import { Building } from './building.ts'
import { blameFor } from './failures.ts'
import { HandlerFailed, type Assigned, type Failure, type Handling } from './handling.ts'
import type { Patience } from './patience.ts'
import type { Processor } from './processor.ts'
import { PuttingAside } from './putting-aside.ts'
import type { AnyView } from './view.ts'

/** What the work of a slice is done with. */
export interface WorkParts {
  readonly processor: Processor<unknown>
  readonly handling: Handling
  readonly lease: Lease
  readonly store: Pick<EventStore, 'read' | 'ledger' | 'observer'>
  /** Whether the version is being built: nobody else reads it yet. */
  readonly isBuilding: boolean
}

/** How the work of a slice is brought to its end. */
export interface Ends {
  /** No further event is begun. */
  readonly halt: AbortSignal
  /** The event at hand is given up. */
  readonly giveUp: AbortSignal
}

// parked events that are tried again before the log goes on
const mostAgain = 100

/**
 * What a slice does with events: they are handled and committed with the checkpoint. What cannot be handled is put aside with what
 * comes behind it in its queue, and tried again from there, so that the other queues go on.
 */
export class SliceWork {
  readonly #parts: WorkParts
  readonly #ends: Ends
  readonly #patience: Patience
  readonly #aside: PuttingAside
  readonly #assigner: Assigner
  #position: Position
  #handled = 0
  /** Up to where events were folded, while a version is being built: what came since the checkpoint is in memory. */
  #reached: Position
  #isBuilding: boolean
  #building: Building | undefined
  /** Up to where events are handled as usual, since one of them is to blame for a failure. */
  #usualUntil: Position = 0

  /** `bell` rings when something that was put aside is due. */
  constructor(
    parts: WorkParts,
    ends: Ends,
    tools: { readonly patience: Patience; readonly bell: Bell },
  ) {
    const { processor, handling, lease } = parts
    this.#parts = parts
    this.#ends = ends
    this.#patience = tools.patience
    this.#aside = new PuttingAside(processor.retry, tools.bell)
    this.#assigner = new Assigner(processor, handling, lease)
    this.#position = lease.position
    this.#reached = lease.position
    this.#isBuilding = parts.isBuilding
    if (parts.isBuilding && processor.kind === 'view')
      this.#building = new Building(processor as AnyView, lease.position === 0)
  }

  /** Up to where everything is handled or parked. */
  get position(): Position {
    return this.#position
  }

  /** Where to read on. */
  get reached(): Position {
    return this.#reached
  }

  /** How many events it has handled. */
  get handled(): number {
    return this.#handled
  }

  /** Whether something that was put aside is to be tried again. */
  get isDue(): boolean {
    return this.#aside.isDue()
  }

  /** Whether nothing is put aside. */
  get isClear(): boolean {
    return this.#aside.isEmpty
  }

  /** Learns which queues wait already. */
  async begin(): Promise<void> {
    const { store, lease } = this.#parts
    for (const queue of await this.#patience.until(() => store.ledger.queues(lease)))
      this.#aside.add(queue)
  }

  /** It has caught up; false where something has to be handled again first. */
  async endBuilding(): Promise<boolean> {
    const done = (await this.flush()) && this.#position >= this.#usualUntil
    if (!done) return false
    this.#isBuilding = false
    this.#building = undefined
    return true
  }

  /** Writes what is in memory only; false where it could not be, and is to be handled again as usual. */
  async flush(): Promise<boolean> {
    const building = this.#building
    if (!building || this.#reached === this.#position) return true
    return this.#write(building, [], this.#reached)
  }

  /** The store says that something that was put aside is to be looked at. */
  lookAside(): void {
    this.#aside.look()
  }

  /** What of a page is for the slice, as handlers see it. */
  async entriesOf(events: readonly StoredEvent[]): Promise<readonly Entry[]> {
    return this.#assigner.entriesOf(events)
  }

  /** What is written for events in the transaction of their page. */
  workOf(events: readonly Assigned[]): PageWork {
    return (events.length > 0 && this.#parts.handling.work?.(events)) || {}
  }

  /** Goes on to a position, where nothing on the way is for the slice; gives whether the checkpoint is to be moved by itself. */
  pass(position: Position): boolean {
    this.#reached = position
    if (this.#building?.isAhead) return false
    this.#position = position
    return true
  }

  /** Handles what of a page is for the slice, up to the end of it; false when it was left before. */
  async handlePage(entries: readonly Entry[], until: Position): Promise<boolean> {
    if (this.#building && this.#position >= this.#usualUntil) {
      if (this.#aside.isEmpty && !entries.some(isUnreadable))
        return this.#buildWatched(this.#building, entries as readonly Assigned[], until)
      if (!(await this.flush())) return false
    }
    this.#building?.forget()
    // what cannot be read comes in its turn
    let from = 0
    for (const [index, entry] of entries.entries()) {
      if (!isUnreadable(entry)) continue
      const readable = entries.slice(from, index) as readonly Assigned[]
      if (!(await this.#handle(readable, positionOf(entry) - 1))) return false
      await this.#commit({ position: positionOf(entry), parks: [this.#aside.unreadable(entry)] })
      from = index + 1
    }
    return this.#handle(entries.slice(from) as readonly Assigned[], until)
  }

  /** Tries again what was put aside and is due. */
  async retryDue(): Promise<void> {
    const { store, lease } = this.#parts
    if (!(await this.flush())) return
    this.#building?.forget()
    const heads = await this.#patience.until(() => store.ledger.due(lease, mostAgain))
    this.#aside.asked()
    for (const head of heads) {
      if (this.#ends.halt.aborted) return
      await this.#retryQueue(head)
    }
    if (heads.length === mostAgain) this.#aside.look()
  }

  #buildWatched(
    building: Building,
    events: readonly Assigned[],
    until: Position,
  ): Promise<boolean> {
    return this.#watched(events, () => this.#build(building, events, until))
  }

  /** Handles a page while a version is being built; false when it is to be handled again as usual. */
  async #build(building: Building, events: readonly Assigned[], until: Position): Promise<boolean> {
    const known = await this.#attempted(building, until, async () => building.fold(events))
    if (known === undefined) return false
    if (known) this.#reached = until
    if (!known || building.isDue) {
      if (!(await this.#write(building, known ? [] : events, until))) return false
    }
    this.#handled += events.length
    return true
  }

  async #write(
    building: Building,
    events: readonly Assigned[],
    position: Position,
  ): Promise<boolean> {
    const done = await this.#attempted(building, position, () =>
      this.#commit({ documents: building.work(events), position }),
    )
    if (done) building.written()
    return done !== undefined
  }

  /** Where an event is to blame for a failure, the usual way finds it, from where all is written. */
  async #attempted<Result>(
    building: Building,
    until: Position,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      if (blameFor(error) !== 'event') throw error
      building.forget()
      this.#reached = this.#position
      this.#usualUntil = until
      return undefined
    }
  }

  /** Handles events and moves the checkpoint to a position; false when it was left before. */
  async #handle(entries: readonly Assigned[], position: Position): Promise<boolean> {
    if (position <= this.#position && entries.length === 0) return true
    if (this.#parts.handling.effects) return this.#handleOutside(entries, position)
    await this.#handleInside(entries, position)
    return true
  }

  /** In the transaction of the checkpoint. Where a handler fails, halves are tried, until it is alone. */
  async #handleInside(entries: readonly Assigned[], position: Position): Promise<void> {
    const { behind, fresh } = this.#sorted(entries)
    const parks = behind.map((entry) => this.#aside.behind(entry))
    try {
      await this.#handleAndCommit(fresh, { position, parks })
      this.#handled += fresh.length
    } catch (error) {
      const [only] = fresh
      if (!only || blameFor(error) !== 'event') throw error
      if (fresh.length > 1) {
        const middle = entries.indexOf(fresh[Math.ceil(fresh.length / 2)] as Assigned)
        const rest = entries.slice(middle)
        await this.#handleInside(entries.slice(0, middle), (rest[0] as Assigned).event.position - 1)
        await this.#handleInside(rest, position)
      } else await this.#commit({ position, parks: [...parks, this.#aside.failed(only, error)] })
    }
  }

  /** Outside of the store, before the checkpoint. */
  async #handleOutside(entries: readonly Assigned[], position: Position): Promise<boolean> {
    const { effects } = this.#parts.handling
    if (!effects) return true
    const { halt, giveUp } = this.#ends
    let rest = entries
    for (;;) {
      const { behind, fresh } = this.#sorted(rest)
      const { done, failures } = await effects(fresh, {
        signal: giveUp,
        stopping: () => halt.aborted,
      })
      this.#handled += done
      const next = fresh[done]
      const left = next ? rest.slice(rest.indexOf(next)) : []
      const passed = rest.slice(0, rest.length - left.length)
      const waiting = passed.filter(
        (entry) => behind.includes(entry) || failures.some((failure) => isBehind(entry, failure)),
      )
      const failed = failures.map(({ assigned, error }) => this.#aside.failed(assigned, error))
      await this.#commit({
        position: next ? next.event.position - 1 : position,
        parks: [...failed, ...waiting.map((entry) => this.#aside.behind(entry))],
      })
      if (!next) return true
      if (halt.aborted) return false
      rest = left
    }
  }

  /** Which events wait behind others, and which do not. */
  #sorted(entries: readonly Assigned[]): Record<'behind' | 'fresh', readonly Assigned[]> {
    if (this.#aside.isEmpty) return { behind: [], fresh: entries }
    const { behind = [], fresh = [] } = Object.groupBy(entries, (entry) =>
      this.#aside.has(entry) ? 'behind' : 'fresh',
    )
    return { behind, fresh }
  }

  /** Commits a page with what is written for its events, which is how views and projections handle them. */
  #handleAndCommit(events: readonly Assigned[], page: Omit<Page, 'lease'>): Promise<PageDone> {
    return this.#watched(events, () => this.#commit({ ...this.workOf(events), ...page }))
  }

  /** Does what is done with a page of a view or projection, watched where somebody does. */
  #watched<Result>(events: readonly Assigned[], work: () => Promise<Result>): Promise<Result> {
    const { processor, handling, store } = this.#parts
    if (!store.observer || !handling.work || events.length === 0) return work()
    const { kind, name, version } = processor
    const operation = {
      kind: this.#isBuilding ? 'rebuild' : 'handle',
      processor: { kind, name, version },
      // an event may be of several queues
      events: [...new Set(events.map(({ event }) => event))],
    } as const
    return store.observer.around(operation, work)
  }

  async #commit(page: Omit<Page, 'lease'>): Promise<PageDone> {
    const { store, lease } = this.#parts
    const position = Math.max(page.position, this.#position)
    const done = await this.#patience.until(() => store.ledger.commit({ ...page, lease, position }))
    this.#position = this.#reached = position
    return done
  }

  /** Goes through a queue from its first event, until one fails or none is left. */
  async #retryQueue(head: Parked): Promise<void> {
    let parked: Parked | undefined = head
    while (parked) {
      if (this.#ends.halt.aborted) return
      const done = await this.#retry(parked)
      if (!done) return
      parked = done.next.find((next) => isOfQueue(next, head))
    }
    this.#aside.release(head)
  }

  /** Tries a parked event again; gives nothing when it is still parked. */
  async #retry(parked: Parked): Promise<PageDone | undefined> {
    const { tenant, queue, position, hash } = parked
    const settled = { position: this.#position, settles: [{ tenant, queue, position }] }
    if (parked.request === 'discard') return this.#commit(settled)
    const attempts = parked.attempts + 1
    const stored = await this.#patience.until(() => storedEvent(this.#parts.store, parked))
    // gone, or lost in a failover: then the lease is, too
    if (!stored) return this.#commit(settled)
    const entries = await this.#assigner.entriesOfOne(stored)
    const unreadable = entries.find(isUnreadable)
    if (unreadable) {
      const again = { ...unreadable, queued: { queue, hash } }
      await this.#parkAgain(this.#aside.unreadable(again, attempts))
      return undefined
    }
    const entry = (entries as readonly Assigned[]).find((one) => one.queue === queue)
    // the program has changed, and the event is not for this queue any more
    if (!entry) return this.#commit(settled)
    try {
      await this.#tryOutside(entry)
      const done = await this.#handleAndCommit([entry], settled)
      this.#handled++
      return done
    } catch (error) {
      if (this.#ends.halt.aborted || blameFor(error) !== 'event') throw error
      await this.#parkAgain(this.#aside.failed(entry, error, attempts))
      return undefined
    }
  }

  async #parkAgain(parking: Parking): Promise<void> {
    await this.#commit({ position: this.#position, parks: [parking] })
  }

  async #tryOutside(entry: Assigned): Promise<void> {
    const { halt, giveUp } = this.#ends
    const effects = await this.#parts.handling.effects?.([entry], {
      signal: giveUp,
      stopping: () => false,
    })
    const [failure] = effects?.failures ?? []
    if (failure) throw new HandlerFailed(failure.error)
    if (effects?.done === 0) halt.throwIfAborted()
  }
}

/** Whether an event comes later in the queue of one that failed. */
function isBehind(entry: Assigned, { assigned }: Failure): boolean {
  return entry.event.position > assigned.event.position && isOfQueue(entry, assigned)
}

function isOfQueue(one: QueueName, other: QueueName): boolean {
  return one.queue === other.queue && one.tenant === other.tenant
}
