import type { Filter, OnceKey, Query, StoredEvent, StreamName } from '../../store/store.ts'
import type { Row, Statement } from './database.ts'
import {
  anyOf,
  conditionOf,
  filterTable,
  isWhole,
  mostConditions,
  passes,
} from './filter-conditions.ts'
import { texts, Values } from './parameters.ts'

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

const contents = 'e.data::text as data, e.metadata::text as metadata'
const ownColumns = columnsWith(contents)
const columns = withNames(ownColumns)

// each under a name of its own, for drivers that give a row as an object
function columnsWith(data: string): string {
  return `e.position::text as position, e.version::text as version, e.id::text as id, e.type::text as type,
  e.schema_version::text as schema_version, ${data},
  array_to_json(e.tags)::text as tags, (date_part('epoch', e.at) * 1000)::bigint::text as at`
}

function withNames(own: string): string {
  return `${own},
  e.tenant::text as tenant, e.category::text as category, e.stream_id::text as stream_id`
}

/** The event of a row; of one stream, the row does not say which. */
export function eventOf(row: Row, stream?: OneStream): StoredEvent {
  const [position, version, id, type, schemaVersion, data, metadata, tags, at] =
    row as readonly string[]
  return {
    id: id as string,
    stream: stream?.name ?? { category: row[10] ?? '', id: row[11] ?? '' },
    type: type as string,
    schemaVersion: Number(schemaVersion),
    data: data as string,
    metadata: metadata as string,
    // only an append writes them, as a list of texts
    tags: tags ? (JSON.parse(tags) as readonly string[]) : none,
    tenant: stream?.tenant ?? row[9] ?? '',
    version: Number(version),
    position: Number(position),
    at: new Date(Number(at)),
  }
}

const none: readonly string[] = []

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
  readonly watermark: Statement
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
    this.watermark = {
      text: `select settled::text as settled, head::text as head, epoch, holders::text as holders
        from ${this.#schema}.watermark()`,
      values: [],
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
    if (isTagged({ tenant, filters }))
      return this.#taggedPage(values, { tenant, filters }, window, { columns, checked: 'true' })
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

  /**
   * What comes next for a follower, without the contents of events of more than `largest` bytes. It is refused in another epoch.
   * Only the window is looked at, in its order: no other index would bound how long that takes. It is not prepared, since
   * a plan that was made while the log was short reads all of it when it has grown.
   */
  followPage(
    query: Query,
    window: Window,
    { epoch, largest }: { readonly epoch: string; readonly largest: number },
  ): Statement {
    const values = new Values()
    const checked = `(select ${this.#schema}.check_epoch(${values.text(epoch)}))`
    const few = withNames(columnsWith(smallContents(values.bigint(largest))))
    if (isTagged(query)) return this.#taggedPage(values, query, window, { columns: few, checked })
    const { tenant, filters } = query
    const range = `w.position > ${values.bigint(window.after)} and w.position <= ${values.bigint(window.until)}`
    const own = tenant === undefined ? 'true' : `e.tenant = ${values.text(tenant)}`
    const text = `select ${few}
      from (
        select w.*
        from ${this.#schema}.events w
        where ${range} and ${checked}
        order by w.position
        offset 0
      ) e
      where ${own} and ${anyOf(values, filters)}
      order by e.position
      limit ${values.bigint(window.size)}`
    return values.statement(text, false)
  }

  /** The contents of large events, up to the one with which there are so many bytes. */
  contents(positions: readonly number[], budget: number): Statement {
    const values = new Values()
    const list = values.numbers(positions, 'bigint')
    const text = `select position::text as position, data, metadata
      from ${this.#schema}.contents_of(${list}, ${values.bigint(budget)})`
    return values.statement(text, false)
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
  #taggedPage(
    values: Values,
    query: Query,
    window: Window,
    given: { readonly columns: string; readonly checked: string },
  ): Statement {
    const found = this.#positions(values, query, window)
    const text = `select e.*
      from (${found}) found
      cross join lateral (
        select ${given.columns}
        from ${this.#schema}.events e
        where e.position = found.position
        offset 0
      ) e
      where ${given.checked}
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
        join ${filterTable(values, filters)} on t.tag = f.tags[1]
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

/** Whether all that matches is among the tagged events of one tenant. */
function isTagged({ tenant, filters }: Query): boolean {
  return tenant !== undefined && filters.every(({ tags = [] }) => tags.length > 0)
}

// What is not compressed has the size that it is kept in. To know that of what is compressed takes as long as to read it.
function smallContents(largest: string): string {
  const small = `pg_column_compression(e.data) is null and pg_column_compression(e.metadata) is null
    and pg_column_size(e.data) + pg_column_size(e.metadata) <= ${largest}`
  return `case when ${small} then e.data::text end as data, case when ${small} then e.metadata::text end as metadata`
}

function withoutStream({ types, tags }: Filter): Filter {
  return { ...(types && { types }), ...(tags && { tags }) }
}

function direction({ backwards }: Pick<Window, 'backwards'>): 'asc' | 'desc' {
  return backwards ? 'desc' : 'asc'
}
