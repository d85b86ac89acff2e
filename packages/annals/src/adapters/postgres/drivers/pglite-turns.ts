import { UnavailableError } from '../../../core/errors.ts'
import type { PgliteInstance, PgliteTransaction } from './pglite.ts'

// in milliseconds: how long the next ones wait, once one has waited all its time
const leastWait = 20

/**
 * The turns of all stores on one PGlite instance, which has one connection. Only one of them waits for it at a time,
 * so what it waits for is a transaction of somebody else.
 */
export class Turns {
  readonly #pglite: PgliteInstance
  #last: Promise<unknown> = Promise.resolve()
  #waitingSince: number | undefined

  private constructor(pglite: PgliteInstance) {
    this.#pglite = pglite
  }

  /** The turns on an instance, the same ones for all who ask. */
  static on(pglite: PgliteInstance): Turns {
    const turns = all.get(pglite) ?? new Turns(pglite)
    all.set(pglite, turns)
    return turns
  }

  /** Runs work in a transaction, which has to begin within `timeout` milliseconds. */
  take<Result>(timeout: number, work: (tx: PgliteTransaction) => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => this.#begin(timeout, work))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #begin<Result>(
    timeout: number,
    work: (tx: PgliteTransaction) => Promise<Result>,
  ): Promise<Result> {
    this.#waitingSince ??= performance.now()
    const left = timeout - (performance.now() - this.#waitingSince)
    const late = Promise.withResolvers<never>()
    let gone = false
    const leave = () => {
      gone = true
      late.reject(held(timeout))
    }
    const timer = setTimeout(leave, Math.max(leastWait, left))
    const done = this.#pglite.transaction(async (tx) => {
      this.#waitingSince = undefined
      clearTimeout(timer)
      if (gone) throw held(timeout)
      return work(tx)
    })
    try {
      return await Promise.race([done, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

const all = new WeakMap<PgliteInstance, Turns>()

function held(timeout: number): UnavailableError {
  return new UnavailableError(
    'ANNALS_TIMEOUT',
    `another transaction held PGlite, which runs one at a time, for more than ${timeout} ms; end it, or, where it is ` +
      'one of this program, append inside it with `tx`, on a store that was used before it began',
  )
}
