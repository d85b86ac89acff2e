import { mostLocks } from './locks.ts'
import type { Planned, Sent } from './plan.ts'

// A batch is closed at the first of these, or when it needs more locks than an append may have of its own;
// a larger append goes alone.
const mostAppends = 64
const mostEvents = 1_000
const mostLength = 1024 * 1024

// What waits is dealt out to the connections that are free, in shares of at least so many: while the server works
// on one the other is made and answered, which 32 callers repay with a fifth more appends (PostgreSQL 15, 2 cores).
const leastShare = 8

/** An append that waits for its batch. */
export interface Queued extends Sent {
  /** Characters of its data and metadata. */
  readonly length: number
  /** What tells the documents of inline views that it may change. */
  readonly documents: readonly string[]
}

/** What batches in flight hold: the next append to one of these waits for them, and not in the lane. */
export class Flight {
  readonly #streams = new Set<string>()
  readonly #documents = new Set<string>()

  /** Takes what a batch touches; gives how it is given back. */
  take(batch: readonly Queued[]): () => void {
    const streams = batch.flatMap(streamsOf)
    const documents = batch.flatMap((queued) => queued.documents)
    for (const stream of streams) this.#streams.add(stream)
    for (const document of documents) this.#documents.add(document)
    return () => {
      for (const stream of streams) this.#streams.delete(stream)
      for (const document of documents) this.#documents.delete(document)
    }
  }

  /**
   * Takes the appends of the next batch out of those that wait, in their order; `free` connections share them. A stream
   * appears once, in one batch at a time; a document in one batch at a time, whose appends change it one after the other.
   */
  next<One extends Queued>(waiting: One[], free: number): readonly One[] {
    const most = Math.min(mostAppends, Math.max(leastShare, Math.ceil(waiting.length / free)))
    const batch: One[] = []
    const streams = new Set(this.#streams)
    const documents = new Set(this.#documents)
    const size = new Size()
    let looked = 0
    for (const queued of waiting) {
      const [first = queued] = batch
      const touched = streamsOf(queued)
      const goes =
        queued.keeps === first.keeps &&
        !touched.some((stream) => streams.has(stream)) &&
        !queued.documents.some((document) => documents.has(document))
      if (goes && batch.length > 0 && (isAlone(queued) || !size.takes(queued))) break
      looked++
      // what comes later must not overtake it
      for (const stream of touched) streams.add(stream)
      if (goes) {
        batch.push(queued)
        size.add(queued)
        if (batch.length === most || isAlone(queued)) break
      } else for (const document of queued.documents) documents.add(document)
    }
    const chosen = new Set(batch)
    const passed = waiting.slice(0, looked).filter((queued) => !chosen.has(queued))
    waiting.splice(0, looked, ...passed)
    return batch
  }
}

/** How large a batch is. */
class Size {
  #events = 0
  #length = 0
  #locks = 0

  takes({ append, length, locks }: Queued): boolean {
    return (
      this.#events + append.drafts.length <= mostEvents &&
      this.#length + length <= mostLength &&
      this.#locks + locks.size <= mostLocks
    )
  }

  add({ append, length, locks }: Queued): void {
    this.#events += append.drafts.length
    this.#length += length
    this.#locks += locks.size
  }
}

/** Whether it has a transaction to itself, in which a projection writes. */
function isAlone({ append }: Planned): boolean {
  return (append.inline?.own.length ?? 0) > 0
}

function streamsOf({ append, streams }: Planned): readonly string[] {
  return streams.map(({ key }) => `${append.tenant}\0${key}`)
}
