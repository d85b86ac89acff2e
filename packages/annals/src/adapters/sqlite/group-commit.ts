import type { StoreNote } from '../../store/observer.ts'
import type { Append, Appended } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { explained, isBusy } from './failures.ts'
import { held, pause } from './patience.ts'
import type { Outcome, Recording } from './recording.ts'

// A batch holds up the program while it is written, so it is closed at the first of these.
const mostAppends = 64
const mostEvents = 1_000
const mostLength = 1024 * 1024

// A turn of the event loop costs a lone caller a tenth of its speed (17 of 170 µs), so those who append
// again at once are served for so many milliseconds before others get theirs.
const longestHold = 2

// How far to look out for the next append of a lone caller, in steps of the microtask queue: twice as far
// as the next command of an aggregate is. A tick would take 4 of the 37 µs that an append costs beyond its
// flush, since it leaves JavaScript when the flush has emptied the caches.
const farthest = 50

interface Waiting {
  readonly append: Append
  /** Characters of its data and metadata. */
  readonly length: number
  readonly since: number
  readonly answer: (outcome: Outcome) => void
}

/** What a group commit works with. */
export interface GroupCommitParts {
  readonly connection: () => Promise<Connection>
  readonly recording: (connection: Connection) => Recording
  /** How long an append waits for the database, in milliseconds. */
  readonly timeout: number
  /** Hears of each batch, and of the appends that find the database held. */
  readonly noted?: (note: StoreNote) => void
}

/**
 * Commits the appends of one turn of the event loop in one transaction: one flush to the disk for all
 * of them. Each has its own outcome, given when the commit is durable.
 */
export class GroupCommit {
  readonly #parts: GroupCommitParts
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  /** How many appends the last batch held. */
  #served = 0
  /** How many of the next appends go alone, because their batch failed. */
  #alone = 0

  constructor(parts: GroupCommitParts) {
    this.#parts = parts
  }

  append(append: Append, signal: AbortSignal | undefined): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const answer = (outcome: Outcome) => {
        signal?.removeEventListener('abort', abort)
        if ('appended' in outcome) resolve(outcome.appended)
        // as the driver, or the signal's owner, made it
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        else reject(outcome.error)
      }
      const waiting = { append, length: lengthOf(append), since: performance.now(), answer }
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        answer({ error: signal?.reason })
      }
      signal?.addEventListener('abort', abort)
      this.#waiting.push(waiting)
      this.#running ??= this.#run()
    })
  }

  /** When every append on its way has its outcome. */
  async drained(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      const connection = await this.#parts.connection()
      // the other appends of this turn come along, those of other requests among them
      let turned = await turn()
      for (let busy = 0; this.#waiting.length > 0;) {
        busy = this.#commitNext(connection) ? 0 : busy + 1
        if (busy === 1) this.#parts.noted?.({ kind: 'busy', appends: this.#waiting.length })
        if (busy > 0) await pause(busy)
        else if (performance.now() - turned < longestHold) await this.#answered()
        else turned = await turn()
      }
    } catch (error) {
      for (const { answer } of this.#waiting.splice(0)) answer({ error })
    } finally {
      this.#running = undefined
    }
  }

  // false when another connection holds the database
  #commitNext(connection: Connection): boolean {
    const batch = this.#nextBatch()
    try {
      const outcomes = connection.transaction(() => {
        const recording = this.#parts.recording(connection)
        // what is refused has written nothing, so the others of the batch go on
        return batch.map(({ append }) => recording.append(append))
      })
      this.#answer(batch, (index) => outcomes[index])
    } catch (error) {
      if (isBusy(error)) {
        this.#dropImpatient(connection, error)
        return false
      }
      if (batch.length > 1) {
        this.#alone = batch.length
        return true
      }
      this.#answer(batch, () => ({ error: explained(error, connection.file) }))
    }
    this.#alone = Math.max(0, this.#alone - 1)
    return true
  }

  // the members stay in the queue until they have their outcome
  #nextBatch(): readonly Waiting[] {
    const most = this.#alone > 0 ? 1 : mostAppends
    let events = 0
    let length = 0
    let count = 0
    for (const { append, length: own } of this.#waiting) {
      events += append.drafts.length
      length += own
      if (count > 0 && (count === most || events > mostEvents || length > mostLength)) break
      count++
    }
    return this.#waiting.slice(0, count)
  }

  #answer(batch: readonly Waiting[], outcome: (index: number) => Outcome | undefined): void {
    this.#waiting.splice(0, batch.length)
    this.#served = batch.length
    this.#parts.noted?.({ kind: 'batch', appends: batch.length })
    for (const [index, { answer }] of batch.entries()) {
      const own = outcome(index)
      if (own) answer(own)
    }
  }

  // when those who had their answer have gone on, perhaps to append again
  async #answered(): Promise<void> {
    if (this.#served > 1) return new Promise((resolve) => process.nextTick(resolve))
    for (let step = 0; step < farthest && this.#waiting.length === 0; step++)
      await Promise.resolve()
  }

  #dropImpatient({ file }: Connection, error: unknown): void {
    const { timeout } = this.#parts
    const latest = performance.now() - timeout
    for (const waiting of this.#waiting.filter(({ since }) => since <= latest)) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      waiting.answer({ error: held(file, { timeout }, error) })
    }
  }
}

function lengthOf({ drafts }: Append): number {
  return drafts.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
}

// when the event loop has come round; it gives the time then
function turn(): Promise<number> {
  return new Promise((resolve) => setImmediate(() => resolve(performance.now())))
}
