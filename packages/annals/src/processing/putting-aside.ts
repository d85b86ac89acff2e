import type { Parking, QueueName } from '../store/ledger.ts'
import type { Unreadable } from './assigning.ts'
import type { Bell } from './bell.ts'
import { CannotGoOn, errorText, pauseAfter } from './failures.ts'
import { nameOf } from './changing.ts'
import type { Assigned } from './handling.ts'
import type { Retry } from './processor.ts'

// in milliseconds
const aMoment = 10

/** Which queues of a slice wait behind an event that was put aside, and when that is tried again. */
export class PuttingAside {
  readonly #retry: Retry
  readonly #bell: Bell
  /** By queue the time when its first event is due; Infinity where only the store knows. */
  readonly #waiting = new Map<string, number>()
  #look = false

  /** `bell` rings when something is due. */
  constructor(retry: Retry, bell: Bell) {
    this.#retry = retry
    this.#bell = bell
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Whether an event is to wait behind another of its queue. */
  has(queue: QueueName): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(textOf(queue))
  }

  /** A queue waits, as the store says. */
  add(queue: QueueName): void {
    this.#waiting.set(textOf(queue), Infinity)
  }

  /** Nothing of a queue is put aside any more. */
  release(queue: QueueName): void {
    this.#waiting.delete(textOf(queue))
  }

  /** The store says that something is due. */
  look(): void {
    this.#look = true
    this.#bell.ring()
  }

  isDue(): boolean {
    if (this.#waiting.size === 0) return false
    if (this.#look) return true
    // a timer may ring up to a millisecond early
    const now = performance.now() + 1
    for (const at of this.#waiting.values()) if (at <= now) return true
    return false
  }

  /** What is due is asked for: by the clock of the store it may be a moment too early, and is asked for again. */
  asked(): void {
    this.#look = false
    for (const [queue, at] of this.#waiting)
      if (at <= performance.now() + 1) this.#retryIn(queue, aMoment)
  }

  /** An event that waits behind another. */
  behind({ event, tenant, queue, hash }: Assigned): Parking {
    const { position, id: eventId, type } = event
    return { tenant, queue, hash, position, eventId, type, attempts: 0 }
  }

  /** An event that failed, after so many attempts. */
  failed(entry: Assigned, error: unknown, attempts = 1): Parking {
    return this.#scheduled({ ...this.behind(entry), attempts, error: errorText(error) })
  }

  /**
   * An event that cannot be read, after so many attempts; without them it is new, and waits where its queue does.
   *
   * @throws CannotGoOn when its queue is not known.
   */
  unreadable({ stored, error, queued }: Unreadable, attempts?: number): Parking {
    if (!queued) throw new CannotGoOn(stored, error)
    const { tenant, position, id: eventId, type } = stored
    const parking = { tenant, ...queued, position, eventId, type }
    if (attempts === undefined && this.has(parking)) return { ...parking, attempts: 0 }
    return this.#scheduled({ ...parking, attempts: attempts ?? 1, error: errorText(error) })
  }

  #scheduled(parking: Parking): Parking {
    const delay = pauseAfter(parking.attempts, this.#retry)
    this.#retryIn(textOf(parking), delay)
    return delay === undefined ? parking : { ...parking, delay }
  }

  #retryIn(queue: string, delay: number | undefined): void {
    this.#waiting.set(queue, performance.now() + (delay ?? Infinity))
    if (delay !== undefined) this.#bell.ringIn(delay)
  }
}

function textOf({ tenant, queue }: QueueName): string {
  return nameOf({ tenant, key: queue })
}
