/**
 * A promise that knows whether anybody waits for it. A failure that nobody waits for is not reported as
 * unhandled: whoever made the promise sees to it.
 */
export class Observed<T> extends Promise<T> {
  #observed = false

  /** What is chained to it is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  static of<T>(promise: Promise<T>): Observed<T> {
    const made = new Observed<T>((resolve, reject) => void promise.then(resolve, reject))
    void Promise.prototype.then.call(made, undefined, () => undefined)
    return made
  }

  get observed(): boolean {
    return this.#observed
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<A = T, B = never>(
    resolved?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observed = true
    return super.then(resolved, rejected)
  }
}
