import type { AnyAggregate } from '../core/deciding.ts'
import { misuse } from '../core/errors.ts'
import { united, type Events } from '../core/event.ts'

/** Refuses two meanings of one name: of a category, or of an event type, new or old. `others` are sets beside those of the aggregates. */
export function checkDeclarations(
  aggregates: readonly AnyAggregate[],
  others: readonly Events[] = [],
): void {
  const categories = new Map<string, AnyAggregate>()
  for (const aggregate of aggregates) {
    const { category } = aggregate
    if ((categories.get(category) ?? aggregate) !== aggregate)
      misuse(`two aggregates have the category ${category}`)
    categories.set(category, aggregate)
  }
  united([...aggregates.map(({ fold }) => fold.events as Events), ...others])
}
