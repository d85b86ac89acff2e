import type { Filter, OnceKey, Query, StoredEvent, StreamName } from '../../store/store.ts'
import type { Row, Statement, Value } from './database.ts'
import { texts } from './parameters.ts'

/** What a page is taken from, and in which order. Exclusive of `after`, inclusive of `until`. */
export interface Window {
  readonly after: number
  readonly until: number
  readonly backwards: boolean
  /** The most events of the page. */
  readonly size: number
}

/** The one stream that a query is about. */
export interface OneStream {
  readonly tenant: string
  readonly name: StreamName
}

// each under a name of its own, for drivers that give a row as an object
const ownColumns = `e.position::text as position, e.version::text as version, e.id::text as id, e.type::text as type,
  e.schema_version::text as schema_version, e.data::text as data, e.metadata::text as metadata,
  array_to_json(e.tags)::text as tags, (date_part('epoch', e.at) * 1000)::bigint::text as at`
const columns = `${ownColumns},
  e.tenant::text as tenant, e.category::text as category, e.stream_id::text as stream_id`

/** The event of a row; of one stream, the row does not say which. */
export function eventOf(row: Row, stream?: OneStream): StoredEvent {
  const [position, version, id, type, schemaVersion, data, metadata, tags, at, ...names] =
    row as readonly string[]
  const [tenant = '', category = '', streamId = ''] = names
  return {
    id: id as string,
    stream: stream?.name ?? { category, id: streamId },
    type: type as string,
    schemaVersion: Number(schemaVersion),
    data: data as string,
    metadata: metadata as string,
    // only an append writes them, as a list of texts
    tags: tags ? (JSON.parse(tags) as readonly string[]) : none,
    tenant: stream?.tenant ?? tenant,
    version: Number(version),
    position: Number(position),
    at: new Date(Number(at)),
  }
}

const none: readonly string[] = []

// more filters than this are sent as a table of their own, not as conditions
const mostConditions = 32

/** The one stream that a query is about, when it is about one. */
export function streamOf({ tenant, filters }: Query): OneStream | undefined {
  const [first, ...others] = filters
  const { category, id } = first ?? {}
  if (tenant === undefined || category === undefined || id === undefined) return undefined
  const same = others.every((other) => other.category === category && other.id === id)
  return same ? { tenant, name: { category, id } } : undefined
}

/** The statements of one store: its tables are in a schema of their own. */
export class Queries {
  readonly settledPosition: Statement
  /** What a transaction sees of the log, with what it appended itself. */
  readonly ownPosition: Statement
  /** Tells those who listen to the channel up to where they may read; gives whether anybody follows. */
  readonly announcement: Statement
  /** Says that somebody follows, for half a minute. */
  readonly follow: Statement
  readonly channel: string
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = `"${schema}"`
    this.channel = `annals_${schema}`
    this.announcement = {
      text: `select ${this.#schema}.announce($1::text)::text as followed`,
      values: [this.channel],
      prepared: true,
    }
    this.follow = { text: `select ${this.#schema}.follow()::text as following`, values: [] }
    this.settledPosition = {
      text: `select ${this.#schema}.settled_position()::text as position, ${this.#schema}.current_epoch() as epoch`,
      values: [],
      prepared: true,
    }
    this.ownPosition = {
      text: `select coalesce(max(position), 0)::text as position, ${this.#schema}.current_epoch() as epoch
        from ${this.#schema}.events`,
      values: [],
    }
  }

  /** The events of one stream whose versions lie in the window, and their positions in another. */
  streamPage(
    { tenant, name }: OneStream,
    filters: readonly Filter[],
    {
      versions,
      positions,
    }: { readonly versions: Window; readonly positions: Omit<Window, 'size'> },
  ): Statement {
    const values = new Values()
    const text = `select ${ownColumns}
      from ${this.#schema}.events e
      where e.tenant = ${values.text(tenant)}
        and e.category = ${values.text(name.category)}
        and e.stream_id = ${values.text(name.id)}
        and e.version > ${values.bigint(versions.after)}
        and e.version <= ${values.bigint(versions.until)}
        and e.position > ${values.bigint(positions.after)}
        and e.position <= ${values.bigint(positions.until)}
        and ${anyOf(values, filters.map(withoutStream))}
      order by e.version ${direction(versions)}
      limit ${values.bigint(versions.size)}`
    return values.statement(text, filters.every(isWhole))
  }

  /** The events that match a query and whose positions lie in the window. */
  logPage({ tenant, filters }: Query, window: Window): Statement {
    const values = new Values()
    if (tenant !== undefined && filters.every(({ tags = [] }) => tags.length > 0))
      return this.#taggedPage(values, { tenant, filters }, window)
    const own = tenant === undefined ? 'true' : `e.tenant = ${values.text(tenant)}`
    const text = `select ${columns}
      from ${this.#schema}.events e
      where e.position > ${values.bigint(window.after)}
        and e.position <= ${values.bigint(window.until)}
        and ${own}
        and ${anyOf(values, filters)}
      order by e.position ${direction(window)}
      limit ${values.bigint(window.size)}`
    return values.statement(text, filters.every(isWhole))
  }

  /** The events with these ids. */
  byId(ids: readonly string[]): Statement {
    return {
      text: `select ${columns}
        from ${this.#schema}.events e
        where e.id = any ($1::text::uuid[])`,
      values: [texts(ids)],
    }
  }

  /** What is remembered of a `once` key, `keepOnce` milliseconds long; `now` is the server's time by default. */
  remembered(
    tenant: string,
    { stream, key }: OnceKey,
    { now, keepOnce }: { readonly now: number | undefined; readonly keepOnce: number },
  ): Statement {
    const values = new Values()
    const time = `coalesce(to_timestamp(${values.float(now)} / 1000), clock_timestamp())`
    const text = `select fingerprint, version::text as version, events::text as events, position::text as position
      from ${this.#schema}.once
      where tenant = ${values.text(tenant)}
        and category = ${values.text(stream.category)}
        and stream_id = ${values.text(stream.id)}
        and key = ${values.text(key)}
        and ${
          Number.isFinite(keepOnce)
            ? `at > ${time} - make_interval(secs => ${values.float(keepOnce)} / 1000)`
            : `${time} is not null`
        }`
    return values.statement(text, true)
  }

  /** Who holds the locks of some names, the longest first. */
  holders(names: readonly string[]): Statement {
    return {
      text: `select pid::text as pid, state, seconds::text as seconds, query
        from ${this.#schema}.lock_holders($1::text::text[])`,
      values: [texts(names)],
    }
  }

  /**
   * The events that match filters with tags: only those of the first tag of each are looked at. `offset 0` keeps the
   * planner from walking the whole window of events to join it with a few positions, which a plan that knows no
   * values takes for less.
   */
  #taggedPage(values: Values, query: Query, window: Window): Statement {
    const found = this.#positions(values, query, window)
    const text = `select e.*
      from (${found}) found
      cross join lateral (
        select ${columns}
        from ${this.#schema}.events e
        where e.position = found.position
        offset 0
      ) e
      order by found.position ${direction(window)}
      limit ${values.bigint(window.size)}`
    return values.statement(text, query.filters.length <= mostConditions)
  }

  /** The positions of the first events in the window that match filters with tags. */
  #positions(values: Values, { tenant = '', filters }: Query, window: Window): string {
    const from = `${this.#schema}.event_tags t
        join ${this.#schema}.events e on e.position = t.position`
    const range = `t.tenant = ${values.text(tenant)}
          and t.position > ${values.bigint(window.after)}
          and t.position <= ${values.bigint(window.until)}`
    if (filters.length > mostConditions)
      return `select distinct t.position
        from ${from}
        join ${table(values, filters)} on t.tag = f.tags[1]
        where ${range} and ${passes}`
    const branches = filters.map((filter) => {
      const [first = '', ...tags] = filter.tags ?? []
      return `(select t.position
        from ${from}
        where ${range}
          and t.tag = ${values.text(first)}
          and ${conditionOf(values, { ...filter, tags })}
        order by t.position ${direction(window)}
        limit ${values.bigint(window.size)})`
    })
    return branches.join(' union ')
  }
}

/** The values of a statement, as they are written into it. */
class Values {
  readonly #values: Value[] = []

  text(value: string): string {
    return this.#add(value, 'text')
  }

  texts(values: readonly string[]): string {
    return this.#add(texts(values), 'text::text[]')
  }

  json(value: unknown): string {
    return this.#add(JSON.stringify(value), 'text::json')
  }

  bigint(value: number): string {
    return this.#add(String(value), 'bigint')
  }

  float(value: number | undefined): string {
    return this.#add(value === undefined ? null : String(value), 'float8')
  }

  statement(text: string, prepared: boolean): Statement {
    return { text, values: this.#values, prepared }
  }

  #add(value: Value, type: string): string {
    this.#values.push(value)
    return `$${this.#values.length}::${type}`
  }
}

/** Whether an event matches at least one of the filters. */
function anyOf(values: Values, filters: readonly Filter[]): string {
  if (filters.some(isAny)) return 'true'
  if (filters.length > mostConditions)
    return `exists (select from ${table(values, filters)} where ${passes})`
  return `(${filters.map((filter) => conditionOf(values, filter)).join(' or ')})`
}

function conditionOf(values: Values, { category, id, types, tags = [] }: Filter): string {
  const conditions = [
    ...(category === undefined ? [] : [`e.category = ${values.text(category)}`]),
    ...(id === undefined ? [] : [`e.stream_id = ${values.text(id)}`]),
    ...(types === undefined ? [] : [`e.type = any (${values.texts(types)})`]),
    ...(tags.length === 0 ? [] : [`e.tags @> ${values.texts(tags)}`]),
  ]
  return conditions.length > 0 ? `(${conditions.join(' and ')})` : 'true'
}

/** Filters as a table, for what `passes` asks. */
function table(values: Values, filters: readonly Filter[]): string {
  return `json_to_recordset(${values.json(filters)}) f(category text, id text, types text[], tags text[])`
}

const passes = `(f.category is null or e.category = f.category)
  and (f.id is null or e.stream_id = f.id)
  and (f.types is null or e.type = any (f.types))
  and (f.tags is null or f.tags = '{}' or e.tags @> f.tags)`

function isAny(filter: Filter): boolean {
  return filter.category === undefined && filter.id === undefined && isWhole(filter)
}

/** Whether a filter takes every event of what it names, so that few texts serve for all of its kind. */
function isWhole({ types, tags = [] }: Filter): boolean {
  return types === undefined && tags.length === 0
}

function withoutStream({ types, tags }: Filter): Filter {
  return { ...(types && { types }), ...(tags && { tags }) }
}

function direction({ backwards }: Pick<Window, 'backwards'>): 'asc' | 'desc' {
  return backwards ? 'desc' : 'asc'
}
