import { MisuseError, UnavailableError } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import { whole } from '../core/recorded-event.ts'
import { restore } from './codec.ts'
import type { Inline } from './ledger.ts'
import { within, type Session } from './session.ts'
import type { Append, Draft, Position } from './store.ts'

/** A decided event on its way: what the store takes, and what its handlers will see of it. */
export interface Undelivered {
  readonly draft: Draft
  readonly data: unknown
}

/** What goes along with every append of an app. */
export interface Companions {
  /** What appending these events does to the read models that are inline. */
  readonly inline: (events: readonly Undelivered[], tenant: string) => Promise<Inline | undefined>
  /** Hears of what was appended, and of what went along; of that not where the caller's transaction may take it back. */
  readonly appended: (position: Position, inline: Inline | undefined) => void
}

/** Appends decided events with what goes along, and gives them as they were recorded. */
export async function append(
  session: Session,
  events: readonly Undelivered[],
  conditions: Pick<Append, 'guard' | 'once'>,
): Promise<{ readonly events: readonly Event[]; readonly position: Position }> {
  const { store, tenant, companions } = session
  const inline = await companions?.inline(events, tenant).catch((error: unknown) => {
    throw session.tx === undefined ? error : explained(error)
  })
  const drafts = events.map(({ draft }) => draft)
  const appended = await store.append(
    { tenant, drafts, ...conditions, ...(inline && { inline }) },
    within(session),
  )
  companions?.appended(appended.position, session.tx === undefined ? inline : undefined)
  const recorded = appended.events.map((stored, index) =>
    whole(restore(stored, events[index]?.data)),
  )
  return { events: recorded, position: appended.position }
}

/** What an app keeps is registered by its first append, for which a transaction of the caller may be in the way. */
function explained(error: unknown): unknown {
  if (!(error instanceof UnavailableError)) return error
  return new MisuseError(
    'ANNALS_OPTION',
    'what the app keeps cannot be registered in the store, which the transaction given as tx holds; await start(), or append something, before the transaction begins',
    { cause: error },
  )
}
