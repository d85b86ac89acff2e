/** The work that a database has on its way, so that closing can wait for it. */
export class OnItsWay {
  readonly #running = new Set<Promise<unknown>>()

  async track<Result>(work: Promise<Result>): Promise<Result> {
    this.#running.add(work)
    try {
      return await work
    } finally {
      this.#running.delete(work)
    }
  }

  /** When all of it is over, however it ended. */
  async done(): Promise<void> {
    await Promise.allSettled(this.#running)
  }
}
