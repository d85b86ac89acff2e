import type { Events } from '../../../core/event.ts'
import {
  projectionOf,
  type Projection,
  type ProjectionDefinition,
} from '../../../processing/projection.ts'
import type { PostgresTransaction } from '../driver.ts'
import type { ProjectionTransaction } from './transaction.ts'

/**
 * A read model in tables of its own, written in the transaction of the store: for each event type a handler, which is given the
 * event, and `tx` and `table`. After `setup` people read each of its tables under the name without the version.
 *
 * @throws MisuseError `ANNALS_OPTION` for a handler of an event that is not in the set, or an option that cannot be.
 */
export function projection<E extends Events>(
  name: string,
  events: E,
  definition: ProjectionDefinition<E, ProjectionTransaction>,
): Projection<PostgresTransaction> {
  return projectionOf<E, ProjectionTransaction, PostgresTransaction>(name, events, definition)
}
