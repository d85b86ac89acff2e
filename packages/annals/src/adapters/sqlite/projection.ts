import type { Events } from '../../core/event.ts'
import {
  projectionOf,
  type Projection,
  type ProjectionDefinition,
} from '../../processing/projection.ts'
import type { SqliteDatabase } from './driver.ts'
import type { SqliteTransaction } from './transaction.ts'

/**
 * A read model in tables of its own, written in the transaction of the store: for each event type a handler, which is given the
 * event, and `tx` and `table`. Neither `setup` nor a handler may be async: a transaction on SQLite is done at once.
 *
 * @throws MisuseError `ANNALS_OPTION` for a handler of an event that is not in the set, or an option that cannot be.
 */
export function projection<E extends Events>(
  name: string,
  events: E,
  definition: ProjectionDefinition<E, SqliteTransaction>,
): Projection<SqliteDatabase> {
  return projectionOf<E, SqliteTransaction, SqliteDatabase>(name, events, definition)
}
