import type { PlainAggregate } from '../core/deciding.ts'
import { misuse } from '../core/errors.ts'
import type { AppParts } from '../processing/parts.ts'

/** The aggregate of a category, which the app must name. */
export function aggregateOf({ aggregates }: AppParts, category: string): PlainAggregate {
  const found = aggregates.find((aggregate) => aggregate.category === category)
  const known = aggregates.map((aggregate) => aggregate.category).join(', ') || 'none'
  return (
    found ??
    misuse(`the app has no aggregate of the category ${category} in aggregates; it has ${known}`)
  )
}
