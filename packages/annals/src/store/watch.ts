import { closed } from './refusals.ts'
import type { Position } from './store.ts'

/** What a watch needs to know of its store. */
export interface Watched {
  /** The settled position now. */
  readonly ask: () => Promise<Position>
  /** Hears of appends, where the store can; gives whether it has heard of all since it was asked to before. */
  readonly listen?: () => Promise<boolean>
  /** The longest time between two askings, in milliseconds: what was not heard of is found then. */
  readonly poll: number
}

interface Waiter {
  readonly after: Position
  readonly resolve: (position: Position) => void
  readonly reject: (reason: unknown) => void
}

// right after an event another is likely; in milliseconds
const shortestPoll = 10

/**
 * Wakes who waits for the log to grow: when something is heard of it, and by asking now and then, less often
 * while nothing comes. It asks only while somebody waits, once for all who do.
 */
export class Watch {
  readonly #watched: Watched
  readonly #waiters = new Set<Waiter>()
  #reached: Position = 0
  #nap: { readonly end: () => void } | undefined
  #heard = false
  #running: Promise<void> | undefined
  #closed = false

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** Waits until the settled position is above one, and gives it. */
  async wait(after: Position, signal: AbortSignal): Promise<Position> {
    signal.throwIfAborted()
    if (this.#closed) throw closed()
    if (this.#reached > after) return this.#reached
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(waiter)
        signal.removeEventListener('abort', abort)
        if (this.#waiters.size === 0) this.#nap?.end()
      }
      const abort = () => waiter.reject(signal.reason)
      const waiter: Waiter = {
        after,
        resolve: (position) => {
          leave()
          resolve(position)
        },
        reject: (reason) => {
          leave()
          // what the signal's owner, or the store, gave as the reason
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(reason)
        },
      }
      signal.addEventListener('abort', abort)
      this.#waiters.add(waiter)
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined
      })
    })
  }

  /** The log has grown, to a settled position that the caller may know. */
  heard(position?: Position): void {
    if (position !== undefined) this.#reach(position)
    else {
      this.#heard = true
      this.#nap?.end()
    }
  }

  /** What was known may no longer be so: a connection was lost, and the database may be another. */
  forget(): void {
    this.#reached = 0
  }

  /** Those who wait are told that the store is closed. */
  async close(): Promise<void> {
    this.#closed = true
    this.#rejectAll(closed())
    this.#nap?.end()
    await this.#running
  }

  async #run(): Promise<void> {
    const { ask, listen, poll } = this.#watched
    let pause = shortestPoll
    let rested = false
    while (this.#waiters.size > 0) {
      this.#heard = false
      const before = this.#reached
      try {
        const hearing = (await listen?.()) ?? false
        // what was heard of is known; what nobody announced is found after a rest
        if (!hearing || rested) this.#reach(await ask())
        const grown = this.#reached > before
        pause = Math.min(hearing ? poll : grown ? shortestPoll : pause * 1.5, poll)
      } catch (error) {
        this.forget()
        this.#rejectAll(error)
      }
      if (this.#waiters.size > 0 && !this.#heard) await this.#rest(pause)
      rested = true
    }
  }

  #rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#nap = undefined
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      this.#nap = { end }
    })
  }

  #reach(position: Position): void {
    if (position <= this.#reached) return
    this.#reached = position
    for (const waiter of this.#waiters) if (position > waiter.after) waiter.resolve(position)
  }

  #rejectAll(reason: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(reason)
  }
}
