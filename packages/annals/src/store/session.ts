import type { CommandRecord } from '../core/deciding.ts'
import { misuse } from '../core/errors.ts'
import { toJson } from '../core/json.ts'
import { checkOptions } from '../core/options.ts'
import type { Companions } from './appending.ts'
import type { Watched } from './observer.ts'
import type { EventStore } from './store.ts'

/** Who acts, for whom, and why: what `with` binds an app to. */
export interface Acting<Tx = never> {
  /** Who asks for what follows. */
  readonly actor?: string
  /** What belongs together; a new one for each command where there is none. */
  readonly correlation?: string
  /** The id of the event or command that causes what follows. */
  readonly causation?: string
  /** The W3C trace context to record; on a store that is traced, what follows is a part of it and records its own. */
  readonly traceparent?: string
  /** Whose streams these are; tenants never see each other's. */
  readonly tenant?: string
  /** The caller's own open transaction, to append and read in it. */
  readonly tx?: Tx
  /** Ends waits and long reads. */
  readonly signal?: AbortSignal
}

/** Where work is done: the store, and who acts. */
export interface Session<Tx = unknown> {
  readonly store: EventStore<Tx>
  readonly clock: () => Date
  readonly tenant: string
  /** What is recorded with each event, beyond its command. */
  readonly origin: Pick<Acting, 'actor' | 'correlation' | 'causation' | 'traceparent'>
  readonly tx?: Tx
  readonly signal?: AbortSignal
  /** What goes along with every append. */
  readonly companions?: Companions
  /** Makes a `once` key for each command that has none, where each must have its effect once. */
  readonly onceEach?: () => string
  /** What is told when a conflict makes what is done begin again. */
  readonly watched?: Watched
}

const names = [
  'actor',
  'correlation',
  'causation',
  'traceparent',
  'tenant',
  'tx',
  'signal',
] as const

/** A session bound further. */
export function bind<Tx>(session: Session<Tx>, acting: Acting<Tx>): Session<Tx> {
  checkOptions('with', acting, names)
  const { tenant, tx, signal, ...origin } = acting
  checkActing(acting)
  if (tx !== undefined && !session.store.can.transactions)
    misuse('with: this store takes no tx, since it has no transactions')
  return {
    ...session,
    origin: { ...session.origin, ...origin },
    ...(tenant !== undefined && { tenant }),
    ...(tx !== undefined && { tx }),
    ...(signal !== undefined && { signal }),
  }
}

function checkActing(acting: Acting<unknown>): void {
  for (const name of names)
    if (name in acting && acting[name] === undefined)
      misuse(`with: ${name} is undefined; leave it out, or give it a value`)
  for (const name of ['actor', 'correlation', 'causation', 'tenant'] as const)
    if (acting[name] === '') misuse(`with: ${name} must not be empty; leave it out`)
  const { traceparent } = acting
  if (
    traceparent !== undefined &&
    !/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent)
  )
    misuse(`with: traceparent ${JSON.stringify(traceparent)} is no W3C trace context`)
}

/**
 * The metadata of the events of one command, as JSON. `id` is new: it stands in for a cause where there
 * is none. Arguments that JSON cannot keep are left out.
 */
export function metadataOf(
  { origin }: Pick<Session, 'origin'>,
  id: string,
  command?: CommandRecord,
): string {
  const { actor, correlation = id, causation = id, traceparent } = origin
  // JSON leaves out what is undefined
  const metadata = { actor, correlation, causation, command, traceparent }
  try {
    return toJson(metadata, 'metadata').text
  } catch (error) {
    if (command?.arguments === undefined) throw error
    return metadataOf({ origin }, id, { name: command.name })
  }
}

/** What every call of a store is told of the session. */
export function within<Tx>({
  tx,
  signal,
}: {
  readonly tx?: Tx | undefined
  readonly signal?: AbortSignal | undefined
}): Pick<Session<Tx>, 'tx' | 'signal'> {
  return { ...(tx !== undefined && { tx }), ...(signal && { signal }) }
}
