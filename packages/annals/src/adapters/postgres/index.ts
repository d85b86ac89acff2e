import type { EventStore } from '../../store/store.ts'
import type { PostgresDriver, PostgresTransaction } from './driver.ts'
import { settingsOf, type PostgresOptions } from './options.ts'
import { PostgresStore } from './store.ts'

export { drizzleTx, type DrizzleTransaction } from './drivers/drizzle.ts'
export type { PgTransaction, PostgresDriver, PostgresTransaction } from './driver.ts'
export { kyselyTx, type KyselyQuery, type KyselyTransaction } from './drivers/kysely.ts'
export { migrationScript } from './migrations.ts'
export type { PostgresOptions } from './options.ts'
export { projection } from './projecting/projection.ts'
export type {
  CompiledByDrizzle,
  CompiledByKysely,
  ProjectionTransaction,
} from './projecting/transaction.ts'
export type { OrmTransaction } from './drivers/orm-transaction.ts'
export type { PgClient, PgPool, PgPoolClient, PgQuery } from './drivers/pg.ts'
export type { PgliteInstance, PgliteQueryOptions, PgliteTransaction } from './drivers/pglite.ts'
export type {
  PostgresJsQuery,
  PostgresJsSql,
  PostgresJsTransaction,
} from './drivers/postgres-js.ts'

/**
 * An event store in a schema of a PostgreSQL database, from version 15, which any number of processes may
 * use at once. The tables are made when the store is first used. It takes
 *
 * - a URL, for which the package `pg` is needed: the store makes its connections, and ends them when it closes;
 * - a `Pool` of `pg`, a `sql` of `postgres.js` (the package `postgres`), or an instance of PGlite, whose connections
 *   it shares: they stay open when it closes.
 *
 * What is appended inside a transaction of the caller's, by `with({ tx })`, is committed or rolled back with it: see
 * `PostgresTransaction`. Its isolation must be READ COMMITTED, as that of the store's own transactions always is.
 */
export function postgres(
  database: PostgresDriver,
  options: PostgresOptions = {},
): EventStore<PostgresTransaction> {
  return new PostgresStore(database, settingsOf(options))
}
