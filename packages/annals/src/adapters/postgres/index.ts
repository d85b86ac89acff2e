import type { EventStore } from '../../store/store.ts'
import { databaseOf } from './driver.ts'
import { settingsOf, type PostgresOptions } from './options.ts'
import type { PgClient, PgPool } from './pg.ts'
import { PostgresStore } from './store.ts'

export type { PostgresOptions } from './options.ts'
export type { PgClient, PgPool, PgPoolClient, PgQuery } from './pg.ts'

/**
 * An event store in a schema of a PostgreSQL database, from version 15, which any number of processes may
 * use at once. It takes a URL, for which the package `pg` is needed, or a `Pool` of `pg`, which stays open
 * when the store closes. The tables are made when the store is first used.
 */
export function postgres(
  database: string | PgPool,
  options: PostgresOptions = {},
): EventStore<PgClient> {
  const settings = settingsOf(options)
  return new PostgresStore(databaseOf(database, settings), settings)
}
