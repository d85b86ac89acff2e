import { setImmediate } from 'node:timers/promises'

// in milliseconds: how long other work of the process waits at most
const longest = 10

/**
 * Lets other work of the process go on now and then: where neither the store nor the handlers wait for anything, a loop of promises
 * would keep timers, requests and the renewing of leases from their turn.
 */
export class Yielding {
  #since = performance.now()

  /** Whether it is time for others. */
  get isDue(): boolean {
    return performance.now() - this.#since > longest
  }

  /** Waits for what else there is to do. */
  async yield(): Promise<void> {
    await setImmediate()
    this.#since = performance.now()
  }
}
