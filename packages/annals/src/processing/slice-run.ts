import { setTimeout as delay } from 'node:timers/promises'
import type { Lease } from '../store/ledger.ts'
import type { Followed, Position, Query, StoredEvent } from '../store/store.ts'
import { isUnreadable, positionOf, type Entry } from './assigning.ts'
import { Bell } from './bell.ts'
import { blameFor } from './failures.ts'
import type { Assigned } from './handling.ts'
import type { LogReader } from './log-reader.ts'
import { Patience } from './patience.ts'
import { SliceWork, type WorkParts } from './slice-work.ts'
import { Yielding } from './yielding.ts'

/** What a slice is run with. */
export interface SliceParts extends WorkParts {
  readonly reader: LogReader
  /** The events that the processor handles. */
  readonly query: Query
  /** Moves the checkpoint over what holds nothing for the slice, soon and together with others. */
  readonly move: (lease: Lease, position: Position) => void
  /** How many events a second are handled at most while the version is being built. */
  readonly rate: number | undefined
  /** How the processor is to become inline when it has caught up; not at all, without. */
  readonly turning: Turning | undefined
}

/** How a processor becomes inline. */
export interface Turning {
  /** In milliseconds, from now: somebody may just have made it follow. */
  readonly after: number
  /** Whether nobody is known to append without it, who would make it follow at once. */
  readonly isKeptByAll: () => Promise<boolean>
}

/** How a run came to its end. */
export type Ending = 'stopped' | 'lost' | 'inline' | { readonly failed: unknown }

/** A page that was read. */
interface Coming {
  /** What of it is for the slice. */
  readonly entries: readonly Entry[]
  readonly until: Position
  /** Whether it is near the end of the log. */
  readonly isNear: boolean
}

// in milliseconds, between two attempts to become inline while others append
const shortestTurn = 50
const longestTurn = 60_000

// in milliseconds, between two looks for processes that append without it
const betweenLooks = 2_000

// what goes on by fewer positions at a time is near the end of the log
const nearTheEnd = 500

// Of a page while a version is being built, where nobody waits for it: a document that several of its events change is
// written once. Characters of data, and events.
const largestBuilding = 8 * 1024 * 1024
const longestBuilding = 10_000

// in milliseconds: what may be handled in so long is handled at a time, where there is a rate
const longestBurst = 250

/**
 * Runs one slice of a processor under its lease: reads a page, and handles it and commits it with the checkpoint while the next
 * one is read.
 */
export class SliceRun {
  readonly lease: Lease
  readonly ended: Promise<Ending>
  readonly #parts: SliceParts
  /** Ends handlers at once. */
  readonly #giveUp = new AbortController()
  /** Ends waits for the log, which a stop need not sit out. */
  readonly #halt = new AbortController()
  readonly #bell = new Bell()
  readonly #patience = new Patience(this.#halt.signal)
  readonly #work: SliceWork
  #cap: Position = Infinity
  #turnAt = 0
  #turnPause = shortestTurn
  #isNear = true
  #isBuilding: boolean

  constructor(parts: SliceParts) {
    this.#parts = parts
    this.lease = parts.lease
    this.#isBuilding = parts.isBuilding
    if (parts.turning && parts.turning.after > 0) this.#turnIn(parts.turning.after)
    const ends = { halt: this.#halt.signal, giveUp: this.#giveUp.signal }
    this.#work = new SliceWork(parts, ends, { patience: this.#patience, bell: this.#bell })
    this.ended = this.#run().then(
      (ending) => this.#end(ending),
      (error: unknown) => this.#end(endingOf(error, this.#halt.signal)),
    )
  }

  /** Up to where everything is handled or parked. */
  get position(): Position {
    return this.#work.position
  }

  /** How many events it has handled. */
  get handled(): number {
    return this.#work.handled
  }

  /** What is going wrong with the store at the moment. */
  get error(): string | undefined {
    return this.#patience.error
  }

  /** Finishes the event that is being handled, and writes down what was done. */
  async stop(): Promise<Ending> {
    this.#halt.abort(halted)
    this.#bell.ring()
    return this.ended
  }

  /** Gives up what is being handled. */
  giveUp(): void {
    this.#halt.abort(halted)
    this.#giveUp.abort(
      new Error('the process gives the event up: it stops, or another one took over'),
    )
    this.#bell.ring()
  }

  /** Goes up to a position and stops there. */
  runUpTo(cap: Position): void {
    if (cap === this.#cap) return
    this.#cap = cap
    this.#bell.ring()
  }

  /** Something parked is to be looked at. */
  lookAtParked(): void {
    this.#work.lookAside()
  }

  async #run(): Promise<Ending> {
    const work = this.#work
    const { turning } = this.#parts
    await work.begin()
    const yielding = new Yielding()
    let next: Promise<Coming> | undefined
    let from = work.reached
    while (!this.#halt.signal.aborted) {
      if (yielding.isDue) await yielding.yield()
      if (work.isDue) {
        await work.retryDue()
        continue
      }
      if (work.reached >= this.#cap) break
      if (turning && this.#mayTurn()) {
        if (await this.#turnInline(turning)) return 'inline'
        continue
      }
      // a page may have been left before its end, or have to be handled again
      if (from !== work.reached) next = undefined
      from = work.reached
      next ??= this.#read(from)
      const page = await Promise.race([next, this.#bell.rung()])
      if (!page) continue
      // the next page is on its way while this one is handled
      const part = this.#partOf(page)
      from = part.until
      if (part === page) next = from < this.#cap ? this.#read(from) : undefined
      else next = Promise.resolve(beyond(page, from))
      const began = performance.now()
      if (await this.#handle(upTo(part, this.#cap))) this.#isNear = part.isNear
      if (this.#isBuilding) await this.#rest(part, began)
    }
    await work.flush()
    return 'stopped'
  }

  #end(ending: Ending): Ending {
    this.#halt.abort(halted)
    this.#bell.silence()
    if (ending !== 'stopped') this.#giveUp.abort(new Error('the slice is not run here any more'))
    return ending
  }

  #read(after: Position): Promise<Coming> {
    const reading = this.#readNow(after)
    reading.catch(() => undefined) // it is told where it is awaited
    return reading
  }

  async #readNow(after: Position): Promise<Coming> {
    const { reader, query } = this.#parts
    // what is in memory only while a version is being built must not wait for what may come
    const first = await this.#patience.until(() =>
      this.#isBuilding ? reader.now(query, after) : reader.next(query, after, this.#halt.signal),
    )
    const isNear = first.until - after < nearTheEnd
    if (this.#isBuilding && !isNear) return this.#more(first)
    return { entries: await this.#work.entriesOf(first.events), until: first.until, isNear }
  }

  /** A page with those that come after it, as large as pages are while a version is being built. */
  async #more(first: Followed): Promise<Coming> {
    const { reader, query, rate } = this.#parts
    const events = [...first.events]
    let { until } = first
    let isNear = false
    let size = sizeOf(first.events)
    const longest = Math.min(longestBuilding, rate ?? Infinity)
    while (!isNear && events.length < longest && size < largestBuilding) {
      const next = await this.#patience.until(() => reader.now(query, until))
      events.push(...next.events)
      size += sizeOf(next.events)
      isNear = next.until - until < nearTheEnd
      until = next.until
    }
    return { entries: await this.#work.entriesOf(events), until, isNear }
  }

  /** What is handled of a page before it rests, where it may go no faster than so. */
  #partOf(page: Coming): Coming {
    const { rate } = this.#parts
    if (!this.#isBuilding || rate === undefined) return page
    const last = page.entries[Math.ceil((rate * longestBurst) / 1_000) - 1]
    return last && positionOf(last) < page.until ? upTo(page, positionOf(last)) : page
  }

  /** Goes no faster than it may, and on as usual when it has caught up. */
  async #rest({ entries, isNear }: Coming, began: number): Promise<void> {
    const { rate } = this.#parts
    if (isNear) this.#isBuilding = !(await this.#work.endBuilding())
    else if (rate !== undefined) {
      const left = (entries.length * 1_000) / rate - (performance.now() - began)
      await delay(Math.max(0, left), undefined, { signal: this.#halt.signal }).catch(
        () => undefined,
      ) // it stops
    }
  }

  /** Handles a page; false when it was left before its end. */
  async #handle({ entries, until }: Coming): Promise<boolean> {
    if (entries.length > 0) return this.#work.handlePage(entries, until)
    if (this.#work.pass(until)) this.#parts.move(this.lease, until)
    return true
  }

  #mayTurn(): boolean {
    return this.#isNear && this.#work.isClear && performance.now() + 1 >= this.#turnAt
  }

  async #turnInline({ isKeptByAll }: Turning): Promise<boolean> {
    if (!(await this.#patience.until(isKeptByAll))) {
      this.#turnIn(betweenLooks)
      return false
    }
    const { query, store } = this.#parts
    const handle = async (events: readonly StoredEvent[]) => {
      const entries = await this.#work.entriesOf(events)
      if (entries.some(isUnreadable)) throw new Error('an event cannot be read')
      return this.#work.workOf(entries as readonly Assigned[])
    }
    try {
      if (await store.ledger.turnInline(this.lease, query, handle)) return true
    } catch (error) {
      // a handler that fails there fails again in its page, where it is put aside
      if (blameFor(error) === 'lease') throw error
    }
    this.#turnIn(this.#turnPause)
    this.#turnPause = Math.min(longestTurn, this.#turnPause * 2)
    return false
  }

  #turnIn(pause: number): void {
    this.#turnAt = performance.now() + pause
    this.#bell.ringIn(pause)
  }
}

const halted = new Error('the slice was told to stop')

/** What ended a run that did not end by itself. */
function endingOf(error: unknown, halt: AbortSignal): Ending {
  if (error === halted || halt.aborted) return 'stopped'
  return blameFor(error) === 'lease' ? 'lost' : { failed: error }
}

function sizeOf(events: readonly StoredEvent[]): number {
  return events.reduce((sum, { data }) => sum + data.length, 0)
}

/** The part of a page up to a position. */
function upTo(page: Coming, cap: Position): Coming {
  if (page.until <= cap) return page
  const entries = page.entries.filter((entry) => positionOf(entry) <= cap)
  return { entries, until: cap, isNear: false }
}

/** The part of a page beyond a position. */
function beyond(page: Coming, position: Position): Coming {
  return { ...page, entries: page.entries.filter((entry) => positionOf(entry) > position) }
}
