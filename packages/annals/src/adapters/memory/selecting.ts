import { compareTexts } from '../../store/texts.ts'
import type { Condition, Field, Selection } from '../../store/documents.ts'

/** What documents are found and sorted by. */
export interface Sortable {
  readonly key: string
  readonly fields: readonly string[]
}

/** Whether a document is as a condition says. */
export function satisfies(document: Sortable, condition: Condition): boolean {
  if ('all' in condition) return condition.all.every((one) => satisfies(document, one))
  if ('any' in condition) return condition.any.some((one) => satisfies(document, one))
  if ('not' in condition) return !satisfies(document, condition.not)
  const text = textOf(document, condition.field)
  if ('in' in condition) return condition.in.includes(text)
  const { from, after, until, before } = condition
  return (
    (from === undefined || compareTexts(text, from) >= 0) &&
    (after === undefined || compareTexts(text, after) > 0) &&
    (until === undefined || compareTexts(text, until) <= 0) &&
    (before === undefined || compareTexts(text, before) < 0)
  )
}

/** Compares documents as a selection orders them. */
export function comparing(order: Selection['order']): (one: Sortable, next: Sortable) => number {
  return (one, next) => {
    for (const { field, descending } of order) {
      const difference = compareTexts(textOf(one, field), textOf(next, field))
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  }
}

function textOf({ key, fields }: Sortable, field: Field): string {
  return field === 'key' ? key : (fields[field] ?? '')
}
