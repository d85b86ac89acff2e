// what a timer can count
const longest = 2 ** 31 - 1

/** The server did not answer in time: nobody knows what became of the statement. */
export class Unanswered extends Error {
  readonly code = 'ETIMEDOUT'
}

/** What a statement gives; when that takes too long, an error that counts as a lost connection. */
export async function answered<Result>(
  statement: PromiseLike<Result>,
  limit: number,
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const say = () => late.reject(new Unanswered(`PostgreSQL did not answer within ${limit} ms`))
  const timer = setTimeout(say, Math.min(limit, longest))
  try {
    return await Promise.race([statement, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
