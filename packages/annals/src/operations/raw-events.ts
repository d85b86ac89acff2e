import type { Event, Metadata } from '../core/event.ts'
import { misuse } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind, type AppParts } from '../processing/parts.ts'
import { pages, type ReadRange } from '../store/reading.ts'
import type { Session } from '../store/session.ts'
import type { Filter, Position, Query, StoredEvent } from '../store/store.ts'
import { streamNamed } from './stream-name.ts'

/** An event as it is stored: under the type, and with the data, that it was recorded with. */
export interface RawEvent extends Event {
  /** Which version of its schema the data satisfies, from 1. */
  readonly schemaVersion: number
}

/** Which events to read; all of the tenant by default. */
export interface RawQuery {
  readonly category?: string
  /** One stream, like `account/acc-1`. */
  readonly stream?: string
  /** Any of these types, as they are stored. */
  readonly types?: readonly string[]
  /** All of these tags, like `course:ts`. */
  readonly tags?: readonly string[]
  /** Across all tenants, instead of that of the app. */
  readonly everyTenant?: boolean
}

/** How much to read. */
export interface RawRange {
  /** Events at positions after this one. */
  readonly after?: Position
  /** Events at positions up to this one. */
  readonly until?: Position
  /** The most to give, from the first. */
  readonly limit?: number
  /** Only the last so many of those that are there; they are held in memory. */
  readonly last?: number
  /** Goes on with new events, until the loop is left, the signal ends it, or the store closes. */
  readonly live?: boolean
  readonly signal?: AbortSignal
}

/**
 * The events of a store in the order of their positions, also of types that the app does not declare: as they were recorded, and
 * not brought to the newest version of their schema. Of several streams only settled events are read.
 *
 * @throws MisuseError `ANNALS_OPTION` for a query or a range that means nothing.
 */
export async function* rawEvents(
  app: App,
  query: RawQuery = {},
  range: RawRange = {},
): AsyncGenerator<RawEvent, void, undefined> {
  const parts = partsBehind('rawEvents', app)
  const { session } = parts
  const asked = queryOf(parts, query)
  checkOptions('rawEvents', range, ['after', 'until', 'limit', 'last', 'live', 'signal'])
  const { last, live = false, ...rest } = range
  if (last === undefined) {
    for await (const page of pages(session, asked, { ...rest, live })) yield* page.map(raw)
    return
  }
  checkWhole('rawEvents: last', last)
  if (rest.limit !== undefined)
    misuse('rawEvents: last and limit exclude each other; leave one out')
  const { position } = await session.store.settled()
  const end = Math.min(position, rest.until ?? position)
  yield* (await lastOf(session, asked, { ...rest, until: end, limit: last })).map(raw)
  if (!live) return
  for await (const page of pages(session, asked, { ...rest, live, after: end }))
    yield* page.map(raw)
}

/** As many events as the limit says, from the end, in the order of their positions. */
async function lastOf(
  session: Session,
  query: Query,
  range: ReadRange,
): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = []
  for await (const page of pages(session, query, { ...range, backwards: true })) found.push(...page)
  return found.toReversed()
}

function queryOf(parts: AppParts, query: RawQuery): Query {
  const known = ['category', 'stream', 'types', 'tags', 'everyTenant']
  checkOptions('the query of rawEvents', query, known)
  const { category, stream, types, tags, everyTenant = false } = query
  if (category !== undefined && stream !== undefined)
    misuse('rawEvents: stream names a category already; leave out category')
  const filter: Filter = {
    ...(category !== undefined && { category }),
    ...(stream !== undefined && streamNamed(parts, stream)),
    ...(types && { types }),
    ...(tags && { tags }),
  }
  return { tenant: everyTenant ? undefined : parts.session.tenant, filters: [filter] }
}

function raw(stored: StoredEvent): RawEvent {
  return {
    ...stored,
    data: JSON.parse(stored.data),
    metadata: JSON.parse(stored.metadata) as Metadata, // the library writes it
  }
}
