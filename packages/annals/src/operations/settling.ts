import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Document, DocumentKey } from '../store/documents.ts'
import type { Overview } from '../store/ledger.ts'
import { hashOf } from '../store/slices.ts'
import type { EventStore, Position } from '../store/store.ts'
import { marksOf, type Marks } from './compared.ts'
import type { Pair } from './pairs.ts'

/** What two versions have of each other in a document. */
export type Kind = 'same' | 'different' | 'onlyFrom' | 'onlyTo' | 'behind'

/** A document that was compared. */
export interface Settled extends Pair {
  readonly kind: Kind
}

// in milliseconds
const betweenLooks = 250
const pause = 50

// of a whole comparison: longer than a checkpoint may be late, and not long where a version is being built
const pauses = 10

// how often a document is looked at again that goes on changing
const looks = 5

/**
 * Tells what is different in two versions from what one of them has not seen yet, while both may go on. Each document is
 * judged by marks that were taken before it was read: whatever both versions had seen by then is in it.
 */
export class Settling {
  readonly #store: EventStore
  readonly #first: Marks
  #latest: Marks
  #lookedAt = performance.now()
  #pauses = pauses

  /** `marks` are those that were taken before the documents were read. */
  constructor(store: EventStore, marks: Marks) {
    this.#store = store
    this.#first = marks
    this.#latest = marks
  }

  /** A document, read again where one version lacked what the other had seen, and has seen it by now. */
  async settled(pair: Pair): Promise<Settled> {
    let settled = { ...pair, kind: kindOf(pair, this.#first) }
    for (let look = 0; look < looks && settled.kind === 'behind'; look++) {
      if (!(await this.#hasBeenSeen(settled))) break
      const marks = this.#latest
      const again = await this.#found(pair)
      settled = { ...again, kind: kindOf(again, marks) }
    }
    return settled
  }

  /** Whether both versions have seen by now what one had seen; it waits only where some process is about to. */
  async #hasBeenSeen(pair: Pair): Promise<boolean> {
    while (!isSeen(pair, this.#latest)) {
      if (!isToBeSeen(pair, this.#latest)) return false
      if (performance.now() - this.#lookedAt < betweenLooks) {
        if (this.#pauses === 0) return false
        this.#pauses--
        await delay(pause)
      }
      this.#latest = await marksOf(this.#store, this.#latest)
      this.#lookedAt = performance.now()
    }
    return true
  }

  async #found({ tenant, key }: DocumentKey): Promise<Pair> {
    const { documents } = this.#store
    const [from, to] = await Promise.all([
      documents.find(this.#latest.from, { tenant, key }),
      documents.find(this.#latest.to, { tenant, key }),
    ])
    return { tenant, key, from, to }
  }
}

function kindOf(pair: Pair, marks: Marks): Kind {
  const { from, to } = pair
  if (from && to && isSame(from, to)) return 'same'
  // documents at one position have seen the same, however far their versions are
  if (from?.position !== to?.position && !isSeen(pair, marks)) return 'behind'
  if (!from) return 'onlyTo'
  return to ? 'different' : 'onlyFrom'
}

function isSame(from: Document, to: Document): boolean {
  return from.state === to.state || isDeepStrictEqual(JSON.parse(from.state), JSON.parse(to.state))
}

/** Whether both versions had seen the last event of a document. */
function isSeen(pair: Pair, { end, from, to }: Marks): boolean {
  const last = lastOf(pair)
  return [from, to].every((version) => partOf(version, pair, end).position >= last)
}

/** Whether some process runs what has not seen the last event of a document. */
function isToBeSeen(pair: Pair, { end, from, to }: Marks): boolean {
  const last = lastOf(pair)
  return [from, to]
    .map((version) => partOf(version, pair, end))
    .every(({ position, isRun }) => isRun || position >= last)
}

function lastOf({ from, to }: Pair): Position {
  return Math.max(from?.position ?? 0, to?.position ?? 0)
}

/** The part of a version that a document is of: how far it is, and whether it goes on. */
function partOf({ mode, slices }: Overview, { tenant, key }: DocumentKey, end: Position) {
  if (mode === 'inline') return { position: end, isRun: true }
  const hash = hashOf({ tenant, queue: key })
  const slice = slices.find(({ first, last }) => first <= hash && hash <= last)
  return { position: slice?.position ?? 0, isRun: slice?.owner !== undefined }
}
