import { ConflictError } from '../core/errors.ts'
import type { Session } from './session.ts'

// in milliseconds: a commit of those who won takes a flush of the disk
const shortest = 8
const longest = 100

/** How often a command is decided before its conflict is the caller's. */
export const attempts = 5

/**
 * Tries again on a conflict, after a pause with full jitter, which grows: of all that collided, each
 * comes back at another time (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
 * Everything else that goes wrong, rejections above all, is thrown at once.
 */
export async function retrying<T>(
  { signal, watched }: Pick<Session, 'signal' | 'watched'>,
  times: number,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof ConflictError) || tried === times) throw error
      watched?.again()
      await pause(Math.random() * Math.min(longest, shortest * 2 ** tried), signal)
    }
  }
}

/** Waits, in milliseconds; ends early with the signal's reason. */
function pause(wait: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    const timer = setTimeout(give, wait)
    const stop = () => {
      clearTimeout(timer)
      // the signal's owner chose the reason
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
  })
}
