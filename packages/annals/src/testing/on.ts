import type { NewEvent } from '../core/event.ts'

/** An event in the stream of an id. */
export interface OnStream<E extends NewEvent = NewEvent> {
  readonly stream: string
  readonly event: E
}

/** Says in which stream an event is, by its id, for a specification of what sees several streams. */
export function on<E extends NewEvent>(id: string, event: E): OnStream<E> {
  return { stream: id, event }
}
