import type { EventStore, Position, StoredEvent } from './store.ts'

/** An event that somebody has noted. */
export interface NotedEvent {
  readonly position: Position
  readonly eventId: string
}

/** The event as it is stored; `undefined` where it was removed, or where another history has another event there. */
export async function storedEvent(
  store: Pick<EventStore, 'read'>,
  { position, eventId }: NotedEvent,
): Promise<StoredEvent | undefined> {
  const everything = { tenant: undefined, filters: [{}] }
  const only = { after: position - 1, until: position }
  for await (const [found] of store.read(everything, only))
    return found?.id === eventId ? found : undefined
  return undefined
}
