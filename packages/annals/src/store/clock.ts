import { misuse } from '../core/errors.ts'

/** A clock that is checked each time it is read; the system's by default. `what` takes it. */
export function clockOf(what: string, clock: () => Date = () => new Date()): () => Date {
  if (typeof clock !== 'function') misuse(`${what}: clock must be a function that gives a Date`)
  return () => {
    const now: unknown = clock()
    if (now instanceof Date && Number.isFinite(now.getTime())) return now
    return misuse(`${what}: clock gave ${String(now)}, which is no time; it must give a Date`)
  }
}
