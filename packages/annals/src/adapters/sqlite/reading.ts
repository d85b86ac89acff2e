import { setImmediate as nextTurn } from 'node:timers/promises'
import { admitRead } from '../../store/admission.ts'
import type { Query, ReadOptions, StoredEvent } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { courseOf, firstSpan, pageOf } from './course.ts'
import { patiently } from './patience.ts'

/** How a reading reaches its database: the connection, as long as the store is open. */
export interface Readable {
  readonly connection: () => Connection
  readonly timeout: number
}

const defaultPage = 1_000

// in milliseconds: what takes less is made wider, what takes longer narrower
const quick = 4
const slow = 16

/** Pages of events; between them nothing is held. */
export async function* reading(
  { connection, timeout }: Readable,
  query: Query,
  options: Omit<ReadOptions, 'tx'>,
): AsyncGenerator<readonly StoredEvent[]> {
  admitRead(query, options)
  if (query.filters.length === 0) return
  const { signal, backwards = false, page = defaultPage } = options
  const patient = <Result>(work: () => Result) =>
    patiently(connection().file, { timeout, signal }, work)
  const course = await patient(() => courseOf(connection(), query, options))
  let { after, until, span } = course
  let remaining = options.limit ?? Infinity
  while (remaining > 0 && after < until) {
    const size = Math.min(page, remaining)
    const window = {
      after: backwards ? Math.max(after, until - span) : after,
      until: backwards ? until : Math.min(until, after + span),
      backwards,
      size,
    }
    const started = performance.now()
    const { events, whole } = await patient(() => pageOf(connection(), course, window))
    if (whole) span = nextSpan(span, performance.now() - started)
    const last = events.at(-1)
    const reached = last ? course.place(last) : 0
    if (backwards) until = whole ? window.after : reached - 1
    else after = whole ? window.until : reached
    remaining -= events.length
    if (last) yield events
    else if (after < until) await nextTurn()
  }
}

function nextSpan(span: number, elapsed: number): number {
  if (elapsed < quick) return span * 4
  return elapsed > slow ? Math.max(firstSpan, span / 4) : span
}
