/** A value that is there at once where it can be, so that a hot path pays for no promise. */
export type Awaitable<T> = T | Promise<T>

/** Goes on with a value: at once where it is there, later where it is promised. */
export function chain<A, B>(value: Awaitable<A>, next: (value: A) => Awaitable<B>): Awaitable<B> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Maps a list in order, each step after the one before it. */
export function inOrder<A, B>(
  list: readonly A[],
  step: (item: A) => Awaitable<B>,
): Awaitable<readonly B[]> {
  const done: B[] = []
  const from = (start: number): Awaitable<readonly B[]> => {
    for (let index = start; index < list.length; index++) {
      const result = step(list[index] as A)
      if (result instanceof Promise)
        return result.then((value) => {
          done.push(value)
          return from(index + 1)
        })
      done.push(result)
    }
    return done
  }
  return from(0)
}

/** Work without its result: done at once where it is, later where it is promised. */
export function finished(work: Awaitable<unknown>): Awaitable<void> {
  return work instanceof Promise ? work.then(() => undefined) : undefined
}
