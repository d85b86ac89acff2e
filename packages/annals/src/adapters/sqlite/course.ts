import { checkStream } from '../../store/admission.ts'
import type { Query, ReadOptions, StoredEvent } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { eventOf, ownerOf, type EventRow, type Owner, type ShortEventRow } from './event-row.ts'
import { logPage, inParts, streamOf, streamPage, type OneStream, type Window } from './queries.ts'
import { lastPosition } from './recording.ts'
import type { Sql } from './sql-text.ts'

/** What a page holds in memory, about: characters of data and metadata. */
export const pageLength: number = 4 * 1024 * 1024

/** Positions that one statement looks at: a filter that matches little must not hold up the program. */
export const firstSpan = 10_000

/** Along what a reading goes: the versions of a stream, or the positions of the log. */
export interface Course {
  readonly after: number
  readonly until: number
  readonly span: number
  readonly statements: (window: Window) => readonly Sql[]
  readonly owner: (row: ShortEventRow) => Owner
  readonly place: (event: StoredEvent) => number
}

/** The course of a query. */
export function courseOf(
  connection: Connection,
  query: Query,
  options: Omit<ReadOptions, 'tx'>,
): Course {
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

/** A page of events. */
export interface EventPage {
  readonly events: readonly StoredEvent[]
  /** Whether these are all events of the window. */
  readonly whole: boolean
  /** Characters of their data and metadata. */
  readonly length: number
}

/** The events of a window, no more of them than there is room for. */
export function pageOf(
  connection: Connection,
  course: Course,
  window: Omit<Window, 'longest'> & { readonly room?: number },
): EventPage {
  const { room = pageLength, size } = window
  const events: StoredEvent[] = []
  const rows = rowsOf(connection, course, { ...window, longest: Math.ceil(room / size) })
  let length = 0
  for (const row of rows) {
    if (length >= room) return { events, whole: false, length }
    const event = eventOf(isWhole(row) ? row : withLongValues(connection, row), course.owner(row))
    length += event.data.length + event.metadata.length
    events.push(event)
  }
  return { events, whole: rows.length < size, length }
}

// what matches several statements is there once
function rowsOf(connection: Connection, course: Course, window: Window): readonly ShortEventRow[] {
  const { backwards, size } = window
  const found = course
    .statements(window)
    .map(({ sql, values }) => connection.rows<ShortEventRow>(sql, ...values))
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
