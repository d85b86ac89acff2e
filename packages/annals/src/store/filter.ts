import type { Filter, Query, StoredEvent } from './store.ts'

/** Whether an event is one that a query asks for. */
export function matches(event: StoredEvent, { tenant, filters }: Query): boolean {
  return (
    (tenant === undefined || event.tenant === tenant) &&
    filters.some((filter) => passes(event, filter))
  )
}

/** Whether an event has all that a filter asks for. */
export function passes(event: StoredEvent, { category, id, types, tags }: Filter): boolean {
  return (
    (category === undefined || event.stream.category === category) &&
    (id === undefined || event.stream.id === id) &&
    (types === undefined || types.includes(event.type)) &&
    (tags === undefined || tags.every((tag) => event.tags.includes(tag)))
  )
}
