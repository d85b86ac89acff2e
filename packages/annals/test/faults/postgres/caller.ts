import { hrtime } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { AnnalsError, type ErrorCode } from '../../../src/core/errors.ts'
import type { Append, Draft, StoredEvent } from '../../../src/store/store.ts'
import type { Outcome, Place, SentEvent } from './history.ts'
import { nameOf, type Store } from './place.ts'

/** What became of an append, and when that was known. */
export interface Ended {
  readonly outcome: Outcome
  readonly ended: number
  readonly places?: readonly Place[]
  readonly error?: string
}

/** An append that begins. */
export interface Begun {
  readonly deed: string
  readonly began: number
  readonly events: readonly SentEvent[]
}

/** Tells that an append begins, before it does; what it gives tells how it ended. */
export type Tell = (begun: Begun) => Promise<(ended: Ended) => Promise<void>>

/** What callers append with. */
export interface Means {
  readonly store: Store
  readonly pool: pg.Pool
  readonly schema: string
  readonly tell: Tell
  /** How many events of a tag decisions let through. */
  readonly mostOfTag: number
}

const refusals: ReadonlySet<ErrorCode> = new Set([
  'ANNALS_CONFLICT',
  'ANNALS_UNAVAILABLE',
  'ANNALS_TIMEOUT',
  'ANNALS_EPOCH',
])

/** Something that a caller does, told under its name. */
export type Deed = (caller: Caller) => Promise<void>

/** Does one thing after the other, each told of before and after. */
export class Caller {
  readonly means: Means
  readonly name: string
  #deed = ''
  #streams = 0

  constructor(means: Means, name: string) {
    this.means = means
    this.name = name
  }

  /** Does something, and tells of errors that nothing may end with. */
  async do(name: string, deed: Deed): Promise<void> {
    this.#deed = name
    try {
      await deed(this)
    } catch (error) {
      if (!isPassing(error)) await (await this.begin([]))(endedWith(error))
      await delay(Math.random() * 20) // it would only be refused again
    }
  }

  /** The id of a stream that nobody has written to. */
  newId(): string {
    return `${this.name}-${++this.#streams}`
  }

  /** Appends, and tells of it. */
  async append(append: Append): Promise<void> {
    const end = await this.begin(append.drafts)
    try {
      const { events } = await this.means.store.append(append)
      await end(acknowledged(events))
    } catch (error) {
      await end(endedWith(error))
    }
  }

  begin(drafts: readonly Draft[]): ReturnType<Tell> {
    const events = drafts.map(({ id, stream }) => ({ id, stream: nameOf(stream) }))
    return this.means.tell({ deed: this.#deed, began: now(), events })
  }
}

/** An append that is there. */
export function acknowledged(events: readonly StoredEvent[]): Ended {
  const places = events.map(({ position, version }) => ({ position, version }))
  return { outcome: 'acknowledged', ended: now(), places }
}

/** An append that ended with an error. */
export function endedWith(error: unknown, outcome: Outcome = outcomeOf(error)): Ended {
  return { outcome, ended: now(), error: String(error) }
}

/** Whether what failed with it may be tried again. */
export function isPassing(error: unknown): boolean {
  return error instanceof Interrupted || outcomeOf(error) !== 'failed'
}

/** The caller's own connection failed, in which the store has no part. */
export class Interrupted extends Error {}

/** A whole number from 0 up to, but not including, another. */
export function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

// what the documentation of the codes says: only one leaves open whether anything was written
function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof AnnalsError)) return 'failed'
  if (error.code === 'ANNALS_OUTCOME_UNKNOWN') return 'unknown'
  return refusals.has((error as AnnalsError).code) ? 'refused' : 'failed'
}

/** The time by a clock that all processes of a machine share, in microseconds. */
export function now(): number {
  return Number(hrtime.bigint() / 1000n)
}
