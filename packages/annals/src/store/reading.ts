import { misuse } from '../core/errors.ts'
import type { Event, EventOf, Events } from '../core/event.ts'
import type { TagsOf } from '../core/fold.ts'
import { whole } from '../core/recorded-event.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import { tagTexts } from '../core/tags.ts'
import { codecOf } from './codec.ts'
import { within, type Session } from './session.ts'
import type { EventStore, Filter, Position, Query, StoredEvent } from './store.ts'

/** Which events of a set to read; all of them by default. */
export interface ReadQuery<E extends Events> {
  readonly category?: string
  /** The id of a stream of `category`. */
  readonly id?: string
  /** All of these. */
  readonly tags?: TagsOf<E>
}

/** How to read. */
export interface ReadRange {
  /** Events at positions after this one. */
  readonly after?: Position
  /** Events at positions up to this one. */
  readonly until?: Position
  readonly backwards?: boolean
  readonly limit?: number
  /** Goes on with new events as they are recorded, until the loop is left, the signal ends it, or the store closes. */
  readonly live?: boolean
  readonly signal?: AbortSignal
}

/**
 * The events of a set, in position order. Of several streams only settled events are read, so that what
 * was passed never changes.
 */
export async function* read<E extends Events>(
  session: Session,
  events: E,
  query: ReadQuery<E> = {},
  range: ReadRange = {},
): AsyncGenerator<EventOf<E>, void, undefined> {
  const { tenant } = session
  const filter = filterOf(events, query)
  const { decode } = codecOf(events)
  for await (const page of pages(session, { tenant, filters: [filter] }, range)) {
    const decoded: readonly Event[] = await decode(page)
    // the filter asked for the types of this set only
    yield* decoded.map(whole) as readonly Event[] as readonly EventOf<E>[]
  }
}

/** The events of a query as they are stored, in pages. */
export function pages(
  session: Session,
  query: Query,
  range: ReadRange,
): AsyncIterable<readonly StoredEvent[]> {
  const { store, tx } = session
  const signals = [session.signal, range.signal].filter((signal) => signal !== undefined)
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined
  const { live, ...options } = checkRange(range)
  if (live && tx !== undefined) misuse('read: live reads what is committed; leave out tx')
  return live
    ? liveRead(store, query, { ...options, ...(signal && { signal }) })
    : store.read(query, { ...options, ...within({ tx, signal }) })
}

/** Pages of what is there, and of what comes. */
async function* liveRead(
  store: EventStore,
  query: Query,
  { after = 0, until = Infinity, limit = Infinity, signal = forEver }: ReadRange,
): AsyncGenerator<readonly StoredEvent[]> {
  let place = after
  let remaining = limit
  while (remaining > 0 && place < until) {
    const { events, until: reached } = await store.follow(query, { after: place, signal })
    const wanted = events.filter(({ position }) => position <= until).slice(0, remaining)
    if (wanted.length > 0) yield wanted
    remaining -= wanted.length
    if (reached === place) await store.wake(place, signal)
    place = reached
    signal.throwIfAborted()
  }
}

const forEver = new AbortController().signal

function filterOf<E extends Events>(events: E, query: ReadQuery<E>): Filter {
  checkOptions('the query of read', query, ['category', 'id', 'tags'])
  const { category, id, tags = {} } = query
  if (id !== undefined && category === undefined)
    misuse('read: an id needs the category that it is of')
  return {
    types: codecOf(events).namesOf(Object.keys(events)),
    ...(category !== undefined && { category }),
    ...(id !== undefined && { id }),
    tags: tagTexts(events, tags, 'read'),
  }
}

function checkRange(range: ReadRange): ReadRange {
  checkOptions('read', range, ['after', 'until', 'backwards', 'limit', 'live', 'signal'])
  for (const name of ['after', 'until', 'limit'] as const) checkWhole(`read: ${name}`, range[name])
  if (range.live && range.backwards) misuse('read: live goes on with new events, and not backwards')
  return range
}
