import { setTimeout as delay } from 'node:timers/promises'
import { blameFor, errorText } from './failures.ts'

// in milliseconds: while the store does not answer
const shortestPause = 50
const longestPause = 5_000

/** Does what only the store can be in the way of, again and again until it answers. */
export class Patience {
  readonly #end: AbortSignal
  #error: string | undefined

  /** `end` ends the pauses, and what fails afterwards has failed. */
  constructor(end: AbortSignal) {
    this.#end = end
  }

  /** What is going wrong with the store at the moment. */
  get error(): string | undefined {
    return this.#error
  }

  /** Gives what the work gives; throws what the store is not to blame for. */
  async until<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let pause = shortestPause; ; pause = Math.min(longestPause, pause * 2)) {
      try {
        const result = await work()
        this.#error = undefined
        return result
      } catch (error) {
        if (this.#end.aborted || blameFor(error) !== 'store') throw error
        this.#error = errorText(error)
        const part = 0.5 + Math.random() / 2
        await delay(pause * part, undefined, { signal: this.#end }).catch(() => undefined) // once more, then
      }
    }
  }
}
