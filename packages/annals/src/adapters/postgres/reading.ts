import { admitRead, checkStream } from '../../store/admission.ts'
import type { Query, ReadOptions, StoredEvent } from '../../store/store.ts'
import type { Row, Statement } from './database.ts'
import { eventOf, streamOf, type Queries, type Window } from './queries.ts'

/** How a reading reaches its database. */
export interface Readable {
  readonly queries: Queries
  readonly rows: (statement: Statement) => Promise<readonly Row[]>
  /** Up to where a reading that is not of one stream may go. */
  readonly settled: () => Promise<number>
}

const defaultPage = 1_000

/** Pages of events; the next one is fetched while one is handled, and between them nothing is held. */
export async function* reading(
  { queries, rows, settled }: Readable,
  query: Query,
  options: Omit<ReadOptions, 'tx'>,
): AsyncGenerator<readonly StoredEvent[]> {
  admitRead(query, options)
  const { after = 0, until = Number.MAX_SAFE_INTEGER, versions = {}, unsettled = false } = options
  const { backwards = false, limit = Infinity, page = defaultPage, signal } = options
  if (query.filters.length === 0 || limit === 0) return
  const stream = streamOf(query)
  if (stream) checkStream(stream.name)
  const most = Number.MAX_SAFE_INTEGER
  const whole = stream
    ? { after: versions.after ?? 0, until: versions.until ?? most }
    : { after, until: unsettled ? until : Math.min(until, await settled()) }
  const positions = { after, until, backwards }
  // one event more than the page takes tells whether another page follows
  const fetch = (wanted: Window) => {
    const window = { ...wanted, size: wanted.size + 1 }
    return rows(
      stream
        ? queries.streamPage(stream, query.filters, { versions: window, positions })
        : queries.logPage(query, window),
    )
  }
  const placeOf = ({ version, position }: StoredEvent) => (stream ? version : position)
  let window: Window = { ...whole, backwards, size: Math.min(page, limit) }
  let remaining = limit
  let next: Promise<readonly Row[]> | undefined = fetch(window)
  while (next) {
    const found: readonly Row[] = await next
    const events = found.slice(0, window.size).map((row) => eventOf(row, stream))
    signal?.throwIfAborted()
    remaining -= events.length
    const last = events.at(-1)
    if (!last) return
    next = undefined
    if (found.length > window.size && remaining > 0) {
      const place = placeOf(last)
      const size = Math.min(page, remaining)
      window = backwards ? { ...window, until: place - 1, size } : { ...window, after: place, size }
      next = fetch(window)
      next.catch(() => undefined) // who reads on is told
    }
    yield events
    signal?.throwIfAborted()
  }
}
