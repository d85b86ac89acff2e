import type { Filter } from '../../store/store.ts'
import type { Values } from './parameters.ts'

/** More filters than this are sent as a table of their own, not as conditions. */
export const mostConditions = 32

/** Whether an event matches at least one of the filters. */
export function anyOf(values: Values, filters: readonly Filter[]): string {
  if (filters.some(isAny)) return 'true'
  if (filters.length > mostConditions)
    return `exists (select from ${filterTable(values, filters)} where ${passes})`
  return `(${filters.map((filter) => conditionOf(values, filter)).join(' or ')})`
}

export function conditionOf(values: Values, { category, id, types, tags = [] }: Filter): string {
  const conditions = [
    ...(category === undefined ? [] : [`e.category = ${values.text(category)}`]),
    ...(id === undefined ? [] : [`e.stream_id = ${values.text(id)}`]),
    ...(types === undefined ? [] : [`e.type = any (${values.texts(types)})`]),
    ...(tags.length === 0 ? [] : [`e.tags @> ${values.texts(tags)}`]),
  ]
  return conditions.length > 0 ? `(${conditions.join(' and ')})` : 'true'
}

/** Filters as a table, for what `passes` asks. */
export function filterTable(values: Values, filters: readonly Filter[]): string {
  return `json_to_recordset(${values.json(filters)}) f(category text, id text, types text[], tags text[])`
}

/** Whether an event matches a filter of the table. */
export const passes = `(f.category is null or e.category = f.category)
  and (f.id is null or e.stream_id = f.id)
  and (f.types is null or e.type = any (f.types))
  and (f.tags is null or f.tags = '{}' or e.tags @> f.tags)`

function isAny(filter: Filter): boolean {
  return filter.category === undefined && filter.id === undefined && isWhole(filter)
}

/** Whether a filter takes every event of what it names, so that few texts serve for all of its kind. */
export function isWhole({ types, tags = [] }: Filter): boolean {
  return types === undefined && tags.length === 0
}
