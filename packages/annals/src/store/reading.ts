import { MisuseError } from '../core/errors.ts'
import type { Event, EventOf, Events, TagOf } from '../core/event.ts'
import { tagText } from '../core/event.ts'
import { checkOptions } from '../core/options.ts'
import { codecOf } from './codec.ts'
import type { Session } from './session.ts'
import type { Filter, Position } from './store.ts'

/** Which events of a set to read; all of them by default. */
export interface ReadQuery<E extends Events> {
  readonly category?: string
  /** The id of a stream of `category`. */
  readonly id?: string
  readonly tags?: { readonly [K in TagOf<E>]?: string }
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
  const options = {
    ...checkRange(range),
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
  }
  const { decode } = codecOf(events)
  const pages = store.read(
    { tenant, filters: [filter] },
    { ...options, ...(tx !== undefined && { tx }) },
  )
  for await (const page of pages) {
    const decoded: readonly Event[] = await decode(page)
    // the filter asked for the types of this set only
    yield* decoded as readonly EventOf<E>[]
  }
}

function filterOf<E extends Events>(events: E, query: ReadQuery<E>): Filter {
  checkOptions('the query of read', query, ['category', 'id', 'tags'])
  const { category, id, tags = {} } = query
  if (id !== undefined && category === undefined)
    throw new MisuseError('ANNALS_OPTION', 'read: an id needs the category that it is of')
  return {
    types: codecOf(events).namesOf(Object.keys(events)),
    ...(category !== undefined && { category }),
    ...(id !== undefined && { id }),
    tags: Object.entries<string | undefined>(tags)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => tagText(name, value as string)),
  }
}

function checkRange(range: ReadRange): ReadRange {
  checkOptions('read', range, ['after', 'until', 'backwards', 'limit', 'signal'])
  for (const name of ['after', 'until', 'limit'] as const) {
    const value = range[name]
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
      throw new MisuseError('ANNALS_OPTION', `read: ${name} is ${value}; it takes 0, 1, 2 …`)
  }
  return range
}
