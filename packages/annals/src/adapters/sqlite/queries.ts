import type { Boundary, Filter, Position, Query } from '../../store/store.ts'
import { nameColumns, shortEventColumns } from './event-row.ts'
import { joined, text, type Sql } from './sql-text.ts'

/** The stream that all of a query is about, when it is about one. */
export interface OneStream {
  readonly tenant: string
  readonly category: string
  readonly id: string
}

/** What a page is taken from, and in which order. Exclusive of `after`, inclusive of `until`. */
export interface Window {
  readonly after: number
  readonly until: number
  readonly backwards: boolean
  /** The most events of the page. */
  readonly size: number
  /** Data, or metadata, of more bytes than this is left out: null. */
  readonly longest: number
}

// SQLite takes at most 500 selects in a union, and a thousand terms joined by `or`
const mostFilters = 100

/** A query as queries that are small enough for one statement each; an event may match several. */
export function inParts(query: Query): readonly Query[] {
  const { tenant, filters } = query
  if (filters.length <= mostFilters) return [query]
  const count = Math.ceil(filters.length / mostFilters)
  return Array.from({ length: count }, (_, part) => ({
    tenant,
    filters: filters.slice(part * mostFilters, (part + 1) * mostFilters),
  }))
}

/** The one stream that a query is about. */
export function streamOf({ tenant, filters }: Query): OneStream | undefined {
  const [first, ...others] = filters
  const { category, id } = first ?? {}
  if (tenant === undefined || category === undefined || id === undefined) return undefined
  const same = others.every((other) => other.category === category && other.id === id)
  return same ? { tenant, category, id } : undefined
}

/** Rows without names: the events of one stream whose versions lie in the window, and their positions between the two. */
export function streamPage(
  { tenant, category, id }: OneStream,
  filters: readonly Filter[],
  { window, after, until }: { window: Window; after: Position; until: Position },
): Sql {
  // the plus signs keep the planner on the index by version
  return joined(' ', [
    text(`select ${shortEventColumns} from annals_events e`, window.longest, window.longest),
    text('where e.tenant = ? and e.category = ? and e.stream_id = ?', tenant, category, id),
    text('and e.version > ? and e.version <= ?', window.after, window.until),
    text('and +e.position > ? and +e.position <= ? and', after, until),
    anyOf(
      filters.map(({ types, tags }) =>
        matching({ ...(types && { types }), ...(tags && { tags }) }),
      ),
    ),
    text(`order by e.version ${direction(window)} limit ?`, window.size),
  ])
}

/** Rows with names: the events that match a query and whose positions lie in the window. */
export function logPage(query: Query, window: Window): Sql {
  const columns = text(
    `select ${shortEventColumns}, ${nameColumns} from annals_events e`,
    window.longest,
    window.longest,
  )
  const { tenant, filters } = query
  if (tenant === undefined || filters.length === 0 || !filters.every(hasIndex))
    return joined(' ', [columns, text('where'), scan(query, window), order(window)])
  const branches = filters.map((filter) =>
    joined(' ', [text('select position from ('), indexed(tenant, filter, window), text(')')]),
  )
  return joined(' ', [
    columns,
    text('where e.position in ('),
    joined(' union ', branches),
    text(')'),
    order(window),
  ])
}

/** A row when an event that matches has come since the boundary. */
export function newMatch(query: Query, { position, seen }: Boundary): Sql {
  const all = { after: position, until: Number.MAX_SAFE_INTEGER, backwards: false }
  // as many more than those that were seen already
  const window = { ...all, size: seen.length + 1, longest: 0 }
  const unseen = text(
    'where position not in (select value from json_each(?))',
    JSON.stringify(seen),
  )
  return joined(' ', [text('select position from ('), logPage(query, window), text(')'), unseen])
}

// every event in the window is looked at
function scan({ tenant, filters }: Query, window: Window): Sql {
  return joined(' and ', [
    text('e.position > ? and e.position <= ?', window.after, window.until),
    // the plus sign keeps the planner on the primary key
    ...(tenant === undefined ? [] : [text('+e.tenant = ?', tenant)]),
    anyOf(filters.map(matching)),
  ])
}

// only the events of the first tag, or of the stream, are looked at
function indexed(tenant: string, filter: Filter, window: Window): Sql {
  const [tag, ...tags] = filter.tags ?? []
  const rest = { ...filter, tags }
  const source =
    tag === undefined
      ? [text('select e.position from annals_events e where e.tenant = ?', tenant)]
      : [
          text('select e.position from annals_event_tags i'),
          text('join annals_events e on e.position = i.position'),
          text('where i.tenant = ? and i.tag = ?', tenant, tag),
        ]
  const key = tag === undefined ? 'e.position' : 'i.position'
  return joined(' ', [
    ...source,
    text(`and ${key} > ? and ${key} <= ? and`, window.after, window.until),
    matching(rest),
    text(`order by ${key} ${direction(window)} limit ?`, window.size),
  ])
}

function hasIndex({ category, id, tags }: Filter): boolean {
  return (tags !== undefined && tags.length > 0) || (category !== undefined && id !== undefined)
}

function matching({ category, id, types, tags = [] }: Filter): Sql {
  const conditions = [
    ...(category === undefined ? [] : [text('e.category = ?', category)]),
    ...(id === undefined ? [] : [text('e.stream_id = ?', id)]),
    ...(types === undefined ? [] : [ofType(types)]),
    ...hasTags(tags),
  ]
  return conditions.length > 0 ? joined(' and ', conditions) : text('true')
}

function ofType(types: readonly string[]): Sql {
  const [only] = types
  if (only !== undefined && types.length === 1) return text('e.type = ?', only)
  return text('e.type in (select value from json_each(?))', JSON.stringify(types))
}

function hasTags(tags: readonly string[]): readonly Sql[] {
  const [only] = tags
  if (only === undefined) return []
  const carried =
    'select 1 from annals_event_tags t where t.tenant = e.tenant and t.position = e.position'
  if (tags.length === 1) return [text(`exists (${carried} and t.tag = ?)`, only)]
  const lacked = `select 1 from json_each(?) j where not exists (${carried} and t.tag = j.value)`
  return [text(`not exists (${lacked})`, JSON.stringify(tags))]
}

function anyOf(conditions: readonly Sql[]): Sql {
  if (conditions.length === 0) return text('false')
  return joined('', [text('('), joined(' or ', conditions), text(')')])
}

function order(window: Window): Sql {
  return text(`order by e.position ${direction(window)} limit ?`, window.size)
}

function direction({ backwards }: Window): 'asc' | 'desc' {
  return backwards ? 'desc' : 'asc'
}
