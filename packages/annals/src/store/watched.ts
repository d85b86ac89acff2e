import type { CommandSeen } from './observer.ts'
import type { Session } from './session.ts'

/** Does what a session asks for, watched where its store has an observer: then it records the trace context of that. */
export function watched<R>(
  session: Session,
  command: Pick<CommandSeen, 'name' | 'stream'>,
  work: (session: Session) => Promise<R>,
): Promise<R> {
  const { store, tenant, origin } = session
  const { observer } = store
  if (!observer) return work(session)
  const { traceparent } = origin
  const seen = { kind: 'command', ...command, tenant, traceparent } as const
  return observer.around(seen, (by) =>
    work({
      ...session,
      origin: by.traceparent === undefined ? origin : { ...origin, traceparent: by.traceparent },
      watched: by,
    }),
  )
}
