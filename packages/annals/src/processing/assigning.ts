import type { Event } from '../core/event.ts'
import { codecOf } from '../store/codec.ts'
import type { HashRange } from '../store/ledger.ts'
import { hashes, hashOf } from '../store/slices.ts'
import type { Position, StoredEvent } from '../store/store.ts'
import type { Assigned, Handling } from './handling.ts'
import type { Processor } from './processor.ts'

/** An event that cannot be read. */
export interface Unreadable {
  readonly stored: StoredEvent
  readonly error: unknown
  /** Its queue, and the hash of it, where these are known without reading it. */
  readonly queued: { readonly queue: string; readonly hash: number } | undefined
}

/** An event for a slice. */
export type Entry = Assigned | Unreadable

export function isUnreadable(entry: Entry): entry is Unreadable {
  return 'stored' in entry
}

/** Where in the log an entry is. */
export function positionOf(entry: Entry): Position {
  return isUnreadable(entry) ? entry.stored.position : entry.event.position
}

/** Says which events of a page are for a slice, and in which of its queues. */
export class Assigner {
  readonly #processor: Processor<unknown>
  readonly #handling: Handling
  readonly #range: HashRange

  constructor(processor: Processor<unknown>, handling: Handling, range: HashRange) {
    this.#processor = processor
    this.#handling = handling
    this.#range = range
  }

  /** What of a page is for the slice, as handlers see it. */
  async entriesOf(events: readonly StoredEvent[]): Promise<readonly Entry[]> {
    const mine =
      this.#handling.queuedByStream && !this.#isWhole
        ? events.filter((stored) => this.#isMine(this.#hashOfStored(stored)))
        : events
    try {
      return (await this.#decode(mine)).flatMap((event) => this.#assigned(event))
    } catch {
      // one of them cannot be read
      const entries: Entry[] = []
      for (const stored of mine) entries.push(...(await this.entriesOfOne(stored)))
      return entries
    }
  }

  /** The same of one event, which may be unreadable. */
  async entriesOfOne(stored: StoredEvent): Promise<readonly Entry[]> {
    try {
      return (await this.#decode([stored])).flatMap((event) => this.#assigned(event))
    } catch (error) {
      // it may be of any queue, and of any slice
      if (!this.#handling.queuedByStream) return [{ stored, error, queued: undefined }]
      const queue = this.#handling.queueOfStored(stored)
      const hash = this.#hashOfStored(stored)
      return this.#isMine(hash) ? [{ stored, error, queued: { queue, hash } }] : []
    }
  }

  async #decode(events: readonly StoredEvent[]): Promise<readonly Event[]> {
    return codecOf(this.#processor.events).decode(events)
  }

  #assigned(event: Event): readonly Assigned[] {
    const { tenant } = event
    const assigned: Assigned[] = []
    for (const queue of this.#handling.queuesOf(event)) {
      const hash = hashOf({ tenant, queue })
      if (this.#isMine(hash)) assigned.push({ event, tenant, queue, hash })
    }
    return assigned
  }

  get #isWhole(): boolean {
    return this.#range.first === 0 && this.#range.last === hashes - 1
  }

  #isMine(hash: number): boolean {
    return hash >= this.#range.first && hash <= this.#range.last
  }

  #hashOfStored(stored: StoredEvent): number {
    return hashOf({ tenant: stored.tenant, queue: this.#handling.queueOfStored(stored) })
  }
}
