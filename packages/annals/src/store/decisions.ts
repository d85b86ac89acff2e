import { checkAll, foldAll } from '../core/deciding.ts'
import { factCategory } from '../core/aggregate.ts'
import { eventsIn, slicesOf, type Decision, type PlainSlices } from '../core/decision.ts'
import type { Event, Events } from '../core/event.ts'
import { whole } from '../core/recorded-event.ts'
import { append } from './appending.ts'
import { codecOf, encode } from './codec.ts'
import { eventId, eventIdOf } from './event-id.ts'
import { passes } from './filter.ts'
import { eventsOf } from './history.ts'
import { attempts, retrying } from './retry.ts'
import { metadataOf, within, type Session } from './session.ts'
import type { Boundary, Filter, Position } from './store.ts'
import { watched } from './watched.ts'

/** What a decision came to. */
export interface DecisionMade<E = Event> {
  readonly events: readonly E[]
  /** The position of its last event, or up to where it had read. */
  readonly position: Position
}

/** Reads the boundary, decides, and appends under the condition that nothing in it has changed. */
export function decide<A extends readonly unknown[]>(
  session: Session,
  decision: Decision<A, unknown>,
  args: A,
): Promise<DecisionMade> {
  return watched(session, { name: 'decide', stream: undefined }, (acting) =>
    decideAndAppend(acting, decision, args),
  )
}

async function decideAndAppend<A extends readonly unknown[]>(
  session: Session,
  decision: Decision<A, unknown>,
  args: A,
): Promise<DecisionMade> {
  const slices = slicesOf(decision, args)
  const events = eventsIn(slices)
  const once = session.onceEach?.()
  return retrying(session, attempts, async () => {
    const before = once === undefined ? undefined : await made(session, events, once)
    if (before) return before
    const { states, filters, after } = await readBoundary(session, slices)
    // the states are those of this decision's own slices
    const returned = decision.decide(states as never, ...args)
    const checked = await checkAll(events, returned)
    if (checked.length === 0) return { events: [], position: after.position }
    const at = session.clock()
    const metadata = metadataOf(session, eventId(at))
    const ids = await Promise.all(
      checked.map(async (_, place) => (once === undefined ? eventId(at) : eventIdOf(once, place))),
    )
    const decided = checked.map((event, place) => {
      const id = ids[place] as string
      const draft = encode(event, { id, stream: { category: factCategory, id }, metadata })
      return { draft, data: event.data }
    })
    const guard = filters.length === 0 ? {} : { guard: { decision: { filters, after } } }
    return append(session, decided, guard)
  })
}

/** What a decision came to that was made under a key before: its events have ids that are made of the key. */
async function made(
  session: Session,
  events: Events,
  once: string,
): Promise<DecisionMade | undefined> {
  const found: Event[] = []
  for (;;) {
    const id = await eventIdOf(once, found.length)
    const stream = { category: factCategory, id }
    const [event] = await eventsOf(session, events, stream, { after: 0, until: 1 })
    if (!event) break
    found.push(whole(event))
  }
  const last = found.at(-1)
  return last && { events: found, position: last.position }
}

interface BoundaryRead {
  readonly states: Readonly<Record<string, unknown>>
  /** One per slice: what would change it. */
  readonly filters: readonly Filter[]
  readonly after: Boundary
}

/**
 * Folds every slice in one pass over everything committed. What was read above the settled position is
 * remembered one by one, since a lower position may still commit (`Boundary`).
 */
async function readBoundary(session: Session, slices: PlainSlices): Promise<BoundaryRead> {
  const { store, tenant } = session
  const parts = Object.entries(slices).map(([name, { fold, tags }]) => {
    const codec = codecOf(fold.events)
    const filter: Filter = { types: codec.namesOf(fold.types), tags }
    return { name, fold, codec, filter, state: fold.initial }
  })
  const filters = parts.map(({ filter }) => filter)
  const settled = await store.settled(within(session))
  const seen: Position[] = []
  const pages = store.read({ tenant, filters }, { unsettled: true, ...within(session) })
  for await (const page of pages) {
    for (const { position } of page) if (position > settled.position) seen.push(position)
    for (const part of parts) {
      const mine = page.filter((stored) => passes(stored, part.filter))
      part.state = foldAll(part.fold, part.state, await part.codec.decode(mine))
    }
  }
  const states = Object.fromEntries(parts.map(({ name, state }) => [name, state]))
  return { states, filters, after: { ...settled, seen } }
}
