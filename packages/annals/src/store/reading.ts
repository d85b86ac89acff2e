import { misuse } from '../core/errors.ts'
import type { Event, EventOf, Events } from '../core/event.ts'
import type { TagsOf } from '../core/fold.ts'
import { whole } from '../core/recorded-event.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import { tagTexts } from '../core/tags.ts'
import { codecOf } from './codec.ts'
import { within, type Session } from './session.ts'
import type { Filter, Position } from './store.ts'

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
  const { store, tenant, tx } = session
  const filter = filterOf(events, query)
  const signals = [session.signal, range.signal].filter((signal) => signal !== undefined)
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined
  const { decode } = codecOf(events)
  const pages = store.read(
    { tenant, filters: [filter] },
    { ...checkRange(range), ...within({ tx, signal }) },
  )
  for await (const page of pages) {
    const decoded: readonly Event[] = await decode(page)
    // the filter asked for the types of this set only
    yield* decoded.map(whole) as readonly Event[] as readonly EventOf<E>[]
  }
}

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
  checkOptions('read', range, ['after', 'until', 'backwards', 'limit', 'signal'])
  for (const name of ['after', 'until', 'limit'] as const) checkWhole(`read: ${name}`, range[name])
  return range
}
