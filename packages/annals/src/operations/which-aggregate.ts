import type { PlainAggregate } from '../core/deciding.ts'
import { misuse } from '../core/errors.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'

/** The aggregate of a category, which the app must name. */
export function aggregateOf(what: string, app: App, category: string): PlainAggregate {
  const { aggregates } = partsBehind(what, app)
  const found = aggregates.find((aggregate) => aggregate.category === category)
  const known = aggregates.map((aggregate) => aggregate.category).join(', ') || 'none'
  return (
    found ??
    misuse(
      `${what}: the app names no aggregate of the category ${category} in aggregates; it names ${known}`,
    )
  )
}
