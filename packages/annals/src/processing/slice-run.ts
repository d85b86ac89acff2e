import type { Lease } from '../store/ledger.ts'
import type { Position, Query, StoredEvent } from '../store/store.ts'
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
  /** Whether the processor is to become inline when it has caught up. */
  readonly turnsInline: boolean
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

// a page of fewer events is near the end of the log
const nearTheEnd = 500

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

  constructor(parts: SliceParts) {
    this.#parts = parts
    this.lease = parts.lease
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
    await work.begin()
    const yielding = new Yielding()
    let next: Promise<Coming> | undefined
    while (!this.#halt.signal.aborted) {
      if (yielding.isDue) await yielding.yield()
      if (work.isDue) {
        await work.retryDue()
        continue
      }
      if (work.position >= this.#cap) return 'stopped'
      if (this.#mayTurn()) {
        if (await this.#turnInline()) return 'inline'
        continue
      }
      next ??= this.#read(work.position)
      const page = await Promise.race([next, this.#bell.rung()])
      if (!page) continue
      // the next page is on its way while this one is handled
      next = page.until < this.#cap ? this.#read(page.until) : undefined
      if (await this.#handle(upTo(page, this.#cap))) this.#isNear = page.isNear
      else next = undefined
    }
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
    const { events, until } = await this.#patience.until(() =>
      reader.next(query, after, this.#halt.signal),
    )
    const entries = await this.#work.entriesOf(events)
    return { entries, until, isNear: events.length < nearTheEnd }
  }

  /** Handles a page; false when it was left before its end. */
  async #handle({ entries, until }: Coming): Promise<boolean> {
    if (entries.length > 0) return this.#work.handlePage(entries, until)
    this.#work.pass(until)
    this.#parts.move(this.lease, until)
    return true
  }

  #mayTurn(): boolean {
    const { turnsInline } = this.#parts
    return (
      turnsInline && this.#isNear && this.#work.isClear && performance.now() + 1 >= this.#turnAt
    )
  }

  async #turnInline(): Promise<boolean> {
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
    this.#turnAt = performance.now() + this.#turnPause
    this.#bell.ringIn(this.#turnPause)
    this.#turnPause = Math.min(longestTurn, this.#turnPause * 2)
    return false
  }
}

const halted = new Error('the slice was told to stop')

/** What ended a run that did not end by itself. */
function endingOf(error: unknown, halt: AbortSignal): Ending {
  if (error === halted || halt.aborted) return 'stopped'
  return blameFor(error) === 'lease' ? 'lost' : { failed: error }
}

/** The part of a page up to a position. */
function upTo(page: Coming, cap: Position): Coming {
  if (page.until <= cap) return page
  return { ...page, entries: page.entries.filter((entry) => positionOf(entry) <= cap), until: cap }
}
