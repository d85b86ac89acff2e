import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Listener, Listening, Statement } from './database.ts'

// In milliseconds. An announcement costs the server as much as a small append, so there are not many, and hardly
// any where nobody follows.
const leastBetween = 3
const leastBetweenUnheard = 250

// in milliseconds; what is said holds for half a minute
const followAgain = 10_000

/**
 * Announces appends to followers in all processes, never in the transaction of an append: a commit that
 * notifies takes a lock of the whole server. Appends that come while one announcement is on its way share the next.
 */
export class Announcer {
  readonly #announce: () => Promise<boolean>
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #more = false

  /** `announce` gives whether anybody follows. */
  constructor(announce: () => Promise<boolean>) {
    this.#announce = announce
  }

  /** Something was committed. */
  committed(): void {
    this.#more = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** When what was committed is announced. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#more) {
      this.#more = false
      // who is not told finds out by asking
      const followed = await this.#announce().catch(() => true)
      await this.#rest(followed ? leastBetween : leastBetweenUnheard)
    }
  }

  async #rest(milliseconds: number): Promise<void> {
    const options = { signal: this.#closing.signal, ref: false }
    await delay(milliseconds, undefined, options).catch(() => undefined) // it closes
  }
}

/** Hears what announcers say of one store, on a connection of its own. */
export class Ear {
  readonly #channel: string
  readonly #follow: Statement
  readonly #listener: Listener
  #listening: Promise<Listening | undefined> | undefined
  #followed = -Infinity

  constructor({ channel, follow }: { channel: string; follow: Statement }, listener: Listener) {
    this.#channel = channel
    this.#follow = follow
    this.#listener = listener
  }

  /**
   * Listens on a line, again where the connection was lost, and gives whether it did all the time. Who cannot listen
   * still finds out by asking.
   */
  async open(database: Database, line: Database): Promise<boolean> {
    await this.#sayThatSomebodyFollows(database)
    if (this.#listening) return (await this.#listening) !== undefined
    this.#listening = line
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

  async #sayThatSomebodyFollows(database: Database): Promise<void> {
    const now = performance.now()
    if (now - this.#followed < followAgain) return
    await database.rows(this.#follow)
    this.#followed = now
  }
}
