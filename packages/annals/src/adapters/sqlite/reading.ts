import { setImmediate as nextTurn } from 'node:timers/promises'
import { admitRead, checkStream } from '../../store/admission.ts'
import type { Query, ReadOptions, StoredEvent } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { eventOf, ownerOf, type EventRow, type Owner, type ShortEventRow } from './event-row.ts'
import { patiently } from './patience.ts'
import {
  logPage,
  inParts,
  streamOf,
  streamPage,
  type OneStream,
  type Sql,
  type Window,
} from './queries.ts'
import { lastPosition } from './recording.ts'

/** How a reading reaches its database: the connection, as long as the store is open. */
export interface Readable {
  readonly connection: () => Connection
  readonly timeout: number
}

const defaultPage = 1_000

// what a page holds in memory, about: characters of data and metadata
const pageLength = 4 * 1024 * 1024

// Positions that one statement looks at: a filter that matches little must not hold up the program.
const firstSpan = 10_000
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
    const window: Window = {
      after: backwards ? Math.max(after, until - span) : after,
      until: backwards ? until : Math.min(until, after + span),
      backwards,
      size,
      longest: Math.ceil(pageLength / size),
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

/** Along what a reading goes: the versions of a stream, or the positions of the log. */
interface Course {
  readonly after: number
  readonly until: number
  readonly span: number
  readonly statements: (window: Window) => readonly Sql[]
  readonly owner: (row: ShortEventRow) => Owner
  readonly place: (event: StoredEvent) => number
}

function courseOf(connection: Connection, query: Query, options: Omit<ReadOptions, 'tx'>): Course {
  const { after = 0, until = Number.MAX_SAFE_INTEGER, versions } = options
  const stream = streamOf(query)
  const queries = inParts(query)
  if (stream) return alongStream(stream, queries, { after, until, ...(versions && { versions }) })
  return {
    after,
    until: Math.min(until, lastPosition(connection)),
    span: firstSpan,
    statements: (window) => queries.map((part) => logPage(part, window)),
    owner: ownerOf,
    place: ({ position }) => position,
  }
}

function alongStream(
  stream: OneStream,
  queries: readonly Query[],
  positions: { after: number; until: number; versions?: NonNullable<ReadOptions['versions']> },
): Course {
  checkStream(stream)
  const { tenant, category, id } = stream
  const owner = { tenant, stream: { category, id } }
  const { after, until, versions = {} } = positions
  return {
    after: versions.after ?? 0,
    until: versions.until ?? Number.MAX_SAFE_INTEGER,
    span: Infinity,
    statements: (window) =>
      queries.map(({ filters }) => streamPage(stream, filters, { window, after, until })),
    owner: () => owner,
    place: ({ version }) => version,
  }
}

interface Page {
  readonly events: readonly StoredEvent[]
  /** Whether these are all events of the window. */
  readonly whole: boolean
}

function pageOf(connection: Connection, course: Course, window: Window): Page {
  const events: StoredEvent[] = []
  const rows = rowsOf(connection, course.statements(window), window)
  let length = 0
  for (const row of rows) {
    if (length >= pageLength) return { events, whole: false }
    const event = eventOf(isWhole(row) ? row : withLongValues(connection, row), course.owner(row))
    length += event.data.length + event.metadata.length
    events.push(event)
  }
  return { events, whole: rows.length < window.size }
}

// what matches several statements is there once
function rowsOf(
  connection: Connection,
  statements: readonly Sql[],
  { backwards, size }: Window,
): readonly ShortEventRow[] {
  const found = statements.map(({ sql, values }) => connection.rows<ShortEventRow>(sql, ...values))
  const [only = [], ...more] = found
  if (more.length === 0) return only
  const once = [...new Map(found.flat().map((row) => [row[0], row])).values()]
  return once.toSorted(([a], [b]) => (backwards ? b - a : a - b)).slice(0, size)
}

function isWhole(row: ShortEventRow): row is EventRow {
  return row[5] !== null && row[6] !== null
}

const longValues = `
  select data, metadata
  from annals_events
  where position = ?`

function withLongValues(connection: Connection, row: ShortEventRow): EventRow {
  const [position] = row
  const values = connection.row<[string, string]>(longValues, position)
  if (!values) throw new Error(`the event at position ${position} went away while it was read`)
  // `with` forgets that it is a row; nothing but the two values changes
  return row.with(5, values[0]).with(6, values[1]) as unknown as EventRow
}

function nextSpan(span: number, elapsed: number): number {
  if (elapsed < quick) return span * 4
  return elapsed > slow ? Math.max(firstSpan, span / 4) : span
}
