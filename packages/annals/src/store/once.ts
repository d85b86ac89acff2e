import { foldAll, nameOf, type Call } from '../core/deciding.ts'
import { whole } from '../core/recorded-event.ts'
import type { Answer } from './commands.ts'
import { canonical } from '../core/json.ts'
import { eventsOf, load } from './history.ts'
import { checkFingerprint } from './refusals.ts'
import { within, type Session } from './session.ts'

/** The answer that a `once` key gave before: the aggregate folded to where that append ended. */
export async function recall(
  session: Session,
  call: Call,
  key: string,
): Promise<Answer | undefined> {
  const { aggregate, id } = call
  const { fold, category } = aggregate
  const stream = { category, id }
  const { store, tenant } = session
  const once = { stream, key }
  const found = await store.remembered(tenant, once, within(session))
  if (!found) return undefined
  checkFingerprint(once, await fingerprintOf(call), found)
  const { version, position } = found
  const before = await load(session, fold, stream, { until: version - found.events })
  const range = { after: version - found.events, until: version }
  const events = await eventsOf(session, fold.events, stream, range)
  return {
    state: foldAll(fold, before.state, events),
    version,
    position,
    events: events.map(whole),
    repeated: true,
  }
}

/** Tells one request from another: a hash, so that no argument is kept. */
export async function fingerprintOf(call: Call): Promise<string> {
  const name = nameOf(call)
  // an optional argument left out and one that is undefined are the same request
  const given = Object.fromEntries(Object.entries(call.args).filter(([, arg]) => arg !== undefined))
  const text = name + canonical(given, `the arguments of ${name}`)
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
