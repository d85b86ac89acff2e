import type { AnyAggregate } from '../core/deciding.ts'
import { MisuseError } from '../core/errors.ts'
import type { EventDefinition, Events } from '../core/event.ts'

/** Refuses two meanings of one name: of a category, or of an event type, new or old. */
export function checkDeclarations(aggregates: readonly AnyAggregate[]): void {
  const categories = new Map<string, AnyAggregate>()
  const types = new Map<string, EventDefinition>()
  for (const aggregate of aggregates) {
    const { category } = aggregate
    if ((categories.get(category) ?? aggregate) !== aggregate)
      throw new MisuseError('ANNALS_OPTION', `two aggregates have the category ${category}`)
    categories.set(category, aggregate)
    for (const { '~definition': definition } of Object.values(aggregate.fold.events as Events))
      for (const name of [definition.type, ...definition.formerly]) {
        if ((types.get(name) ?? definition) !== definition)
          throw new MisuseError(
            'ANNALS_OPTION',
            `event ${name} is declared twice; declare it once, and share the set`,
          )
        types.set(name, definition)
      }
  }
}
