import { matches } from '../store/filter.ts'
import type { EventStore, Followed, Position, Query, StoredEvent } from '../store/store.ts'

/** A part of the log that was read: all of it that matches, after one position up to another. */
interface Stretch extends Followed {
  readonly after: Position
  readonly size: number
}

// Characters of data and metadata that are kept for those who come after: slices of one processor, and processors that
// are about equally far, read the same.
const mostKept = 4 * 1024 * 1024
const mostStretches = 16

/**
 * Reads the log for all processors of a process: what one of them has read, those who come to the same place have without asking
 * the store. At the end of the log they wait together. Who falls behind what is kept reads by itself.
 */
export class LogReader {
  readonly #store: Pick<EventStore, 'follow' | 'wake'>
  /** What any of the processors asks for. */
  readonly #query: Query
  readonly #epoch: string
  readonly #kept: Stretch[] = []
  readonly #running = new Map<Position, Promise<Followed>>()

  /** `epoch` is that of the history to read: in another one, other events are at the same positions. */
  constructor(store: Pick<EventStore, 'follow' | 'wake'>, query: Query, epoch: string) {
    this.#store = store
    this.#query = query
    this.#epoch = epoch
  }

  /** Whether it reads the history of an epoch. */
  isOf(epoch: string): boolean {
    return epoch === this.#epoch
  }

  /** What comes next for a processor; waits until something has settled. Its query asks for a part of what the reader reads. */
  async next(query: Query, after: Position, signal: AbortSignal): Promise<Followed> {
    for (;;) {
      signal.throwIfAborted()
      const found = await this.now(query, after)
      if (found.until > after) return found
      await this.#store.wake(after, signal)
    }
  }

  /** What comes next for a processor now: up to `after` itself where nothing has settled since. */
  async now(query: Query, after: Position): Promise<Followed> {
    const { events, until } = this.#find(after) ?? (await this.#read(after))
    return { events: selected(events, query, after), until }
  }

  /** Forgets what was read: a file may have been put back from a backup of it, which has the same epoch. */
  forget(): void {
    this.#kept.length = 0
    this.#running.clear()
  }

  #find(after: Position): Followed | undefined {
    return this.#kept.findLast((stretch) => stretch.after <= after && after < stretch.until)
  }

  /** Those who are at one place share one reading. */
  #read(after: Position): Promise<Followed> {
    const running = this.#running.get(after)
    if (running) return running
    const reading = this.#store
      .follow(this.#query, { after, epoch: this.#epoch })
      .then((followed) => {
        if (this.#running.get(after) === reading) this.#keep(after, followed)
        return followed
      })
      .finally(() => {
        if (this.#running.get(after) === reading) this.#running.delete(after)
      })
    this.#running.set(after, reading)
    return reading
  }

  #keep(after: Position, { events, until }: Followed): void {
    if (until === after) return
    const size = events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
    this.#kept.push({ after, events, until, size })
    const total = () => this.#kept.reduce((sum, stretch) => sum + stretch.size, 0)
    while (this.#kept.length > mostStretches || (this.#kept.length > 1 && total() > mostKept))
      this.#kept.shift()
  }
}

function selected(
  events: readonly StoredEvent[],
  query: Query,
  after: Position,
): readonly StoredEvent[] {
  return events.filter((event) => event.position > after && matches(event, query))
}
