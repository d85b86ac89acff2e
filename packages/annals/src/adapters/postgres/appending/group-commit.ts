import { StorageError } from '../../../core/errors.ts'
import type { Append, Appended } from '../../../store/store.ts'
import {
  explained,
  isLockTimeout,
  isLost,
  isPassing,
  isReusedId,
  isUnreachable,
} from '../failures.ts'
import { Thrown } from '../projecting/own.ts'
import { Flight, type Queued } from './batching.ts'
import { documentLocks, locksStore } from './locks.ts'
import type { Outcome } from './outcomes.ts'
import { pause } from './pause.ts'
import { handingOver, planned, type Planned, type Sent } from './plan.ts'

// Connections: more of them make batches smaller, and the server slower.
const batches = 2
const lane = 2

// For how many milliseconds an append waits in the lane at a time: longer after each time, so that those whose
// locks come free soon are not behind one whose lock does not.
const shortestWait = 50
const longestWait = 1_000

/** What a group commit works with. */
export interface GroupCommitParts {
  /** Sends appends together; those that do not get their locks within `patience` are busy. */
  readonly send: (batch: readonly Sent[], patience?: number) => Promise<readonly Outcome[]>
  /** The first result of an append of which some ids are stored. */
  readonly known: (append: Append) => Promise<Appended>
  /** What is said of an append that waited for its locks in vain. */
  readonly held: (sent: Planned, cause: unknown) => Promise<Error>
  /** How long to wait for locks, and how long to ask again after a lost connection, in milliseconds. */
  readonly timeout: number
}

interface Waiting extends Queued {
  readonly since: number
  /** How often it waited in the lane. */
  readonly waits: number
  /** When a connection was first lost that it had been sent on: it may have been committed. */
  readonly lost: number | undefined
  readonly settle: (outcome: { readonly appended: Appended } | { readonly error: unknown }) => void
}

/**
 * Commits concurrent appends together: while batches are in flight new appends gather, and go as one
 * when a connection is free. Each has its own outcome. What is busy goes again alone, in a lane that
 * waits for locks, so that a batch never waits for anybody.
 */
export class GroupCommit {
  readonly #parts: GroupCommitParts
  readonly #waiting: Waiting[] = []
  readonly #alone: Waiting[] = []
  readonly #flight = new Flight()
  readonly #running = new Set<Promise<void>>()
  #batches = 0
  #lane = 0
  #gathering = false

  constructor(parts: GroupCommitParts) {
    this.#parts = parts
  }

  append(append: Append, signal: AbortSignal | undefined): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        ...planned(append),
        again: false,
        handsOver: false,
        length: lengthOf(append),
        documents: append.inline ? documentLocks(append.inline) : [],
        since: performance.now(),
        waits: 0,
        lost: undefined,
        settle: (outcome) => {
          signal?.removeEventListener('abort', abort)
          if ('appended' in outcome) resolve(outcome.appended)
          // as the driver, or the signal's owner, made it
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          else reject(outcome.error)
        },
      }
      const abort = () => {
        const index = this.#waiting.indexOf(waiting)
        if (index === -1) return // it is on its way, and will be what it becomes
        this.#waiting.splice(index, 1)
        waiting.settle({ error: signal?.reason })
      }
      signal?.addEventListener('abort', abort)
      this.#waiting.push(waiting)
      this.#gather()
    })
  }

  /** When every append on its way has its outcome. */
  async drained(): Promise<void> {
    while (this.#running.size > 0 || this.#waiting.length > 0 || this.#alone.length > 0) {
      await Promise.allSettled(this.#running)
      await Promise.resolve()
    }
  }

  // appends of one turn of the event loop go together, and none of them waits for a timer
  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    queueMicrotask(() => {
      this.#gathering = false
      this.#start()
    })
  }

  #start(): void {
    while (this.#lane < lane) {
      const waiting = this.#alone.shift()
      if (!waiting) break
      this.#lane++
      this.#run(this.#sendAlone(waiting), () => this.#lane--)
    }
    while (this.#batches < batches) {
      const batch = this.#flight.next(this.#waiting, batches - this.#batches)
      if (batch.length === 0) return
      const landed = this.#flight.take(batch)
      this.#batches++
      this.#run(this.#sendBatch(batch), () => {
        this.#batches--
        landed()
      })
    }
  }

  #run(work: Promise<void>, done: () => void): void {
    const running = work.finally(() => {
      this.#running.delete(running)
      done()
      this.#start()
    })
    this.#running.add(running)
  }

  async #sendBatch(batch: readonly Waiting[], attempt = 0): Promise<void> {
    try {
      const outcomes = await this.#parts.send(batch)
      for (const [index, waiting] of batch.entries())
        await this.#conclude(waiting, outcomes[index] as Outcome)
    } catch (error) {
      const [only] = batch
      if (isUnreachable(error)) await this.#sendLater(batch, { error, attempt })
      else if (only && batch.length === 1 && !mayPass(error)) only.settle({ error: said(error) })
      // one of them is to blame, or all had bad luck: each has its own fate
      else for (const waiting of batch) this.#alone.push(sentAgain(waiting, error))
    }
  }

  /** Sends a batch again that no connection took: it stays together, for none of it is to blame. */
  async #sendLater(
    batch: readonly Waiting[],
    { error, attempt }: { readonly error: unknown; readonly attempt: number },
  ): Promise<void> {
    for (const late of batch.filter((waiting) => this.#isLate(waiting))) late.settle({ error })
    const waiting = batch.filter((one) => !this.#isLate(one))
    if (waiting.length === 0) return
    await pause(attempt)
    await this.#sendBatch(waiting, attempt + 1)
  }

  /** Sends an append by itself until it has an outcome, or gives its place to the next while its lock is held. */
  async #sendAlone(waiting: Waiting): Promise<void> {
    let sent = waiting
    for (let attempt = 0; ; attempt++) {
      try {
        const [outcome] = await this.#parts.send([sent], this.#patience(sent))
        await this.#conclude(sent, outcome as Outcome)
        return
      } catch (error) {
        if (isLockTimeout(error)) {
          await this.#waitAgain(sent, error)
          return
        }
        sent = sentAgain(sent, error)
        if (this.#isLate(sent) || !mayPass(error)) {
          this.#give(sent, said(error))
          return
        }
        await pause(attempt)
      }
    }
  }

  #isLate({ lost, since }: Waiting): boolean {
    return performance.now() - (lost ?? since) > this.#parts.timeout
  }

  #patience({ append, locks, waits, since }: Waiting): number {
    // whoever waits to lock the whole store holds up every append behind it
    const most = locksStore(append.tenant, locks) ? shortestWait : longestWait
    const left = this.#parts.timeout - (performance.now() - since)
    return Math.max(1, Math.round(Math.min(most, shortestWait * 2 ** waits, left)))
  }

  async #waitAgain(waiting: Waiting, cause: unknown): Promise<void> {
    if (this.#isLate(waiting)) this.#give(waiting, await this.#parts.held(waiting, cause))
    else this.#alone.push({ ...waiting, waits: waiting.waits + 1 })
  }

  async #conclude(waiting: Waiting, outcome: Outcome): Promise<void> {
    try {
      switch (outcome.kind) {
        case 'done':
          return waiting.settle({ appended: outcome.appended })
        case 'known':
          return waiting.settle({ appended: await this.#parts.known(waiting.append) })
        case 'busy':
          return void this.#alone.push(waiting)
        case 'inline':
          return void this.#alone.push(handingOver(waiting))
        case 'refused':
          return outcome.refuse()
        default:
      }
    } catch (error) {
      if (!mayPass(error)) waiting.settle({ error: explained(error) })
      // it is stored, and only its answer is missing
      else if (this.#isLate(waiting)) waiting.settle({ error: unknownOutcome(error) })
      else this.#alone.push(sentAgain(waiting, error))
    }
  }

  /** Gives up, with an error that does not say more than is known. */
  #give(waiting: Waiting, error: unknown): void {
    waiting.settle({ error: waiting.lost === undefined ? error : unknownOutcome(error) })
  }
}

/** Whether sending again may go through. */
function mayPass(error: unknown): boolean {
  return isLost(error) || isUnreachable(error) || isReusedId(error) || isPassing(error)
}

/** What the caller is told of an error. */
function said(error: unknown): unknown {
  return error instanceof Thrown ? error.cause : explained(error)
}

/** What is sent after a failure: it asks for its ids first where they may be stored. */
function sentAgain(waiting: Waiting, error: unknown): Waiting {
  const lost = waiting.lost ?? (isLost(error) ? performance.now() : undefined)
  return { ...waiting, lost, again: waiting.again || lost !== undefined || isReusedId(error) }
}

function unknownOutcome(cause: unknown): Error {
  return new StorageError(
    'ANNALS_OUTCOME_UNKNOWN',
    'the connection to PostgreSQL was lost while an append was on its way, and it could not be found out whether it was written; ' +
      'send it again with the same event ids, or look at its stream',
    { cause },
  )
}

function lengthOf({ drafts }: Append): number {
  return drafts.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
}
