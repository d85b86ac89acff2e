import type { Listener, Listening } from '../database.ts'
import type { PostgresJsSql } from './postgres-js.ts'

/**
 * What is announced on one channel, for any number of listeners. `postgres.js` listens again by itself after it lost
 * its connection, also after a first attempt that failed, so a channel is asked for once.
 */
export class Line {
  readonly #listeners = new Set<Listener>()
  readonly #request: PromiseLike<{ unlisten(): Promise<void> }>
  #up = false

  constructor(sql: Pick<PostgresJsSql, 'listen'>, channel: string) {
    this.#request = sql.listen(
      channel,
      (payload) => {
        for (const { notified } of this.#listeners) notified(payload)
      },
      () => this.#listening(),
    )
  }

  async add(listener: Listener): Promise<Listening> {
    if (!this.#up) await this.#request
    this.#listeners.add(listener)
    return {
      close: async () => {
        this.#listeners.delete(listener)
      },
    }
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    const unlisten = this.#request
      .then((request) => request.unlisten())
      .then(undefined, () => undefined)
    if (this.#up) await unlisten // else it may go on trying for long
  }

  /** It listens again: what was announced in between is lost. */
  #listening(): void {
    if (!this.#up) {
      this.#up = true
      return
    }
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const { lost } of listeners) lost()
  }
}
