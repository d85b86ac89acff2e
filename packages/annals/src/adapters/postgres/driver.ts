import { misuse } from '../../core/errors.ts'
import type { Connection, Database } from './database.ts'
import type { Settings } from './options.ts'
import { isPgClient, isPgPool, PgDatabase, pgConnection, type PgPool } from './pg.ts'

/** How to reach the database that the caller named. */
export function databaseOf(database: unknown, settings: Settings): () => Promise<Database> {
  if (isPgPool(database)) return async () => new PgDatabase(database, { ...settings, own: false })
  if (typeof database === 'string' && /^postgres(ql)?:\/\//.test(database))
    return async () =>
      new PgDatabase(await poolOf(database, settings.answer), { ...settings, own: true })
  return misuse('postgres() takes a URL like postgres://user@host/database, or a Pool of pg')
}

/** The connection of a caller's own transaction. */
export function joined(tx: unknown, settings: Settings): Connection {
  if (isPgClient(tx)) return pgConnection(tx, settings)
  return misuse(
    isPgPool(tx)
      ? 'what was given as tx is a pool; give the client on which the transaction was begun'
      : 'what was given as tx is no client of pg with a transaction open',
  )
}

async function poolOf(connectionString: string, answer: number): Promise<PgPool> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: Math.min(answer, 10_000),
    keepAlive: true,
    application_name: 'annals',
  })
  pool.on('error', () => undefined) // an idle connection that ends is replaced when one is needed
  pool.on('connect', (client) => {
    // whatever the database says of new transactions; a failure shows in the statement that comes next
    client
      .query('set session characteristics as transaction isolation level read committed')
      .catch(() => undefined)
  })
  return pool
}
