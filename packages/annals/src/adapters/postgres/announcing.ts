import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Listener, Listening } from './database.ts'

// in milliseconds: an announcement costs the server as much as a small append
const leastBetween = 3

/**
 * Announces appends to followers in all processes, never in the transaction of an append: a commit that
 * notifies takes a lock of the whole server. Appends that come while one announcement is on its way share the next.
 */
export class Announcer {
  readonly #announce: () => Promise<unknown>
  #running: Promise<void> | undefined
  #more = false

  constructor(announce: () => Promise<unknown>) {
    this.#announce = announce
  }

  /** Something was committed. */
  committed(): void {
    this.#more = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** When all that was committed is announced. */
  async close(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#more) {
      this.#more = false
      // who is not told finds out by asking
      await this.#announce().catch(() => undefined)
      if (this.#more) await delay(leastBetween)
    }
  }
}

/** Hears what announcers say of one store, on a connection of its own. */
export class Ear {
  readonly #channel: string
  readonly #listener: Listener
  #listening: Promise<Listening | undefined> | undefined

  constructor(channel: string, listener: Listener) {
    this.#channel = channel
    this.#listener = listener
  }

  /**
   * Listens, again where the connection was lost, and gives whether it did all the time. Who cannot listen still
   * finds out by asking.
   */
  async open(database: Database): Promise<boolean> {
    if (this.#listening) return (await this.#listening) !== undefined
    this.#listening = database
      .listen(this.#channel, {
        notified: this.#listener.notified,
        lost: () => {
          this.#listening = undefined
          this.#listener.lost()
        },
      })
      .catch(() => {
        this.#listening = undefined
        return undefined
      })
    await this.#listening
    return false
  }

  async close(): Promise<void> {
    const listening = await this.#listening
    await listening?.close()
  }
}
