import { checkAll, foldAll } from '../core/deciding.ts'
import { factCategory } from '../core/aggregate.ts'
import { eventsIn, slicesOf, type Decision, type PlainSlices } from '../core/decision.ts'
import type { Event } from '../core/event.ts'
import { whole } from '../core/recorded-event.ts'
import { codecOf, encode, restore } from './codec.ts'
import { eventId } from './event-id.ts'
import { passes } from './filter.ts'
import { attempts, retrying } from './retry.ts'
import { metadataOf, within, type Session } from './session.ts'
import type { Boundary, Filter, Position } from './store.ts'

/** What a decision came to. */
export interface DecisionMade<E = Event> {
  readonly events: readonly E[]
  /** The position of its last event, or up to where it had read. */
  readonly position: Position
}

/** Reads the boundary, decides, and appends under the condition that nothing in it has changed. */
export async function decide<A extends readonly unknown[]>(
  session: Session,
  decision: Decision<A, unknown>,
  args: A,
): Promise<DecisionMade> {
  const slices = slicesOf(decision, args)
  const events = eventsIn(slices)
  return retrying(session, attempts, async () => {
    const { states, filters, after } = await readBoundary(session, slices)
    // the states are those of this decision's own slices
    const returned = decision.decide(states as never, ...args)
    const checked = await checkAll(events, returned)
    if (checked.length === 0) return { events: [], position: after.position }
    const at = session.clock()
    const metadata = metadataOf(session, eventId(at))
    const drafts = checked.map((event) => {
      const id = eventId(at)
      return encode(event, { id, stream: { category: factCategory, id }, metadata })
    })
    const { store, tenant } = session
    const guard = filters.length === 0 ? {} : { guard: { decision: { filters, after } } }
    const appended = await store.append({ tenant, drafts, ...guard }, within(session))
    return {
      events: appended.events.map((stored, index) => whole(restore(stored, checked[index]?.data))),
      position: appended.position,
    }
  })
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
