import { AnnalsError, MisuseError, StorageError } from '../core/errors.ts'
import { HandlerFailed } from './handling.ts'
import type { StoredEvent } from '../store/store.ts'
import type { Retry } from './processor.ts'

/**
 * Whose fault it is. `event`: its handler failed, or the store does not take what it made. `store`: it does not answer just now.
 * `lease`: another process has taken over. `program`: it cannot go on as it is.
 */
export type Blame = 'event' | 'store' | 'lease' | 'program'

/** Who is to blame for the failure of a page. */
export function blameFor(error: unknown): Blame {
  if (error instanceof HandlerFailed) return 'event'
  if (error instanceof CannotGoOn) return 'program'
  if (!(error instanceof AnnalsError)) return 'event'
  // the position of a lease is of the history in which it was claimed
  if (error.code === 'ANNALS_LEASE_LOST' || error.code === 'ANNALS_EPOCH') return 'lease'
  // a standby may be promoted, and a disk be emptied, from one moment to the next
  if (error.code === 'ANNALS_READ_ONLY' || error.code === 'ANNALS_DISK_FULL') return 'store'
  if (error instanceof StorageError) return 'program'
  if (error instanceof MisuseError)
    return error.code === 'ANNALS_CLOSED' || error.code === 'ANNALS_OPTION' ? 'program' : 'event'
  return error.retry ? 'store' : 'event'
}

/** An event cannot be passed: it cannot be read, and only reading it would tell which queue it is of. */
export class CannotGoOn extends Error {
  constructor({ type, stream, position }: StoredEvent, cause: unknown) {
    super(
      `it stands before ${type} of ${stream.category}/${stream.id} at position ${position}, which cannot be read: ${messageOf(cause)}`,
      { cause },
    )
    this.name = 'CannotGoOn'
  }
}

const longestText = 2_000

/** What is kept of an error with a parked event. */
export function errorText(error: unknown): string {
  const cause = error instanceof HandlerFailed ? error.cause : error
  // databases keep no NUL and no half of a pair
  return textOf(cause).slice(0, longestText).replaceAll('\0', '\\0').toWellFormed()
}

function textOf(error: unknown): string {
  const name = error instanceof Error ? `${error.name}: ` : ''
  return name + messageOf(error)
}

// anything can be thrown, also what has no text
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'something that has no text was thrown'
  }
}

/**
 * In how many milliseconds to try again after so many attempts, `undefined` when they are enough: doubled each time,
 * half of it random, so that what failed together does not come back together.
 */
export function pauseAfter(
  attempts: number,
  { attempts: most, backoff, max }: Retry,
): number | undefined {
  if (attempts >= most) return undefined
  return Math.ceil(Math.min(max, backoff * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2))
}
