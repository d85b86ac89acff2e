import { misuse } from '../core/errors.ts'
import type { Event, Events } from '../core/event.ts'
import { freeze, type Fold } from '../core/fold.ts'
import { checkWhole } from '../core/options.ts'
import { whole } from '../core/recorded-event.ts'
import { checkStream } from './admission.ts'
import { codecOf } from './codec.ts'
import { within, type Session } from './session.ts'
import type { Position, StreamName } from './store.ts'

/** An aggregate's state, and how far its stream had come. */
export interface Loaded<S> {
  readonly state: S
  /** The version of the stream; 0 where it has no event. */
  readonly version: number
  /** The position of the last event; 0 where there is none. */
  readonly position: Position
}

/** Up to where to load. */
export interface LoadOptions {
  /** As of this version. */
  readonly until?: number
  /** As of this time, by the clock of the store. */
  readonly at?: Date
}

/** Where a load begins: at no event at all. A snapshot would be a later beginning. */
function beginning<S>({ initial }: Fold<Events, S>): Loaded<S> {
  return { state: initial, version: 0, position: 0 }
}

/** Folds a stream, a page at a time. */
export async function load<S>(
  session: Session,
  fold: Fold<Events, S>,
  stream: StreamName,
  options: LoadOptions = {},
): Promise<Loaded<S>> {
  checkMoment(options)
  const start = beginning(fold)
  let { state, version, position } = start
  for await (const page of history(session, fold.events, stream, { ...options, after: version })) {
    for (const event of page.events) state = fold.apply(state, event)
    version = page.version
    position = page.position
  }
  return { state, version, position }
}

/** A recorded event, and the state after it. */
export interface HistoryEntry<S = unknown> {
  readonly event: Event
  readonly state: S
}

/** Folds a stream, and gives the state after each event. */
export async function* entries<S>(
  session: Session,
  fold: Fold<Events, S>,
  stream: StreamName,
  options: LoadOptions = {},
): AsyncGenerator<HistoryEntry<S>, void, undefined> {
  checkMoment(options)
  let { state } = beginning(fold)
  for await (const page of history(session, fold.events, stream, { ...options, after: 0 }))
    for (const event of page.events) {
      state = freeze(fold.apply(state, event))
      yield { event: whole(event), state }
    }
}

function checkMoment({ until, at }: LoadOptions): void {
  checkWhole('load: until', until)
  if (at !== undefined && !(at instanceof Date && Number.isFinite(at.getTime())))
    misuse(`load: at is ${String(at)}; it takes a Date`)
}

/** The events of a stream between two versions, as handlers see them. */
export async function eventsOf(
  session: Session,
  events: Events,
  stream: StreamName,
  range: { readonly after: number; readonly until: number },
): Promise<readonly Event[]> {
  const found: Event[] = []
  for await (const page of history(session, events, stream, range)) found.push(...page.events)
  return found
}

/** A page of a stream; its place counts retired events, which are not among `events`. */
interface Page {
  readonly events: readonly Event[]
  readonly version: number
  readonly position: Position
}

async function* history(
  session: Session,
  events: Events,
  stream: StreamName,
  { after, until, at }: LoadOptions & { readonly after: number },
): AsyncGenerator<Page> {
  checkStream(stream)
  const { store, tenant } = session
  const { decode } = codecOf(events)
  const query = { tenant, filters: [{ category: stream.category, id: stream.id }] }
  const versions = { after, ...(until !== undefined && { until }) }
  const pages = store.read(query, { versions, ...within(session) })
  for await (const page of pages) {
    const past = at ? page.filter((stored) => stored.at <= at) : page
    const last = past.at(-1)
    if (last) {
      const decoded = decode(past)
      const { version, position } = last
      yield { events: decoded instanceof Promise ? await decoded : decoded, version, position }
    }
    if (past.length < page.length) return // time never goes back in a store: all later events are later
  }
}
