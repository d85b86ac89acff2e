import { misuse } from '../../core/errors.ts'
import { answered } from './drivers/answered.ts'
import type { Connection, Database } from './database.ts'
import { ReadCommitted } from './drivers/isolation.ts'
import { hasMethods } from './drivers/methods.ts'
import { isPostgresUrl, type Settings } from './options.ts'
import {
  connectionOf,
  isProjectionTransaction,
  type ProjectionTransaction,
} from './projecting/transaction.ts'
import { ormConnection, type OrmTransaction } from './drivers/orm-transaction.ts'
import {
  isPgClient,
  isPgPool,
  PgDatabase,
  pgConnection,
  type PgClient,
  type PgPool,
  type PgPoolClient,
} from './drivers/pg.ts'
import {
  isPgliteInstance,
  isPgliteTransaction,
  PgliteDatabase,
  pgliteConnection,
  type PgliteInstance,
  type PgliteTransaction,
} from './drivers/pglite.ts'
import {
  isPostgresJsSql,
  isPostgresJsTransaction,
  PostgresJsDatabase,
  postgresJsConnection,
  type PostgresJsSql,
  type PostgresJsTransaction,
} from './drivers/postgres-js.ts'

/** What `postgres()` takes: a URL, a `Pool` of `pg`, a `Sql` of `postgres.js`, or an instance of PGlite. */
export type PostgresDriver = string | PgPool | PostgresJsSql | PgliteInstance

/**
 * What a PostgreSQL store takes as `tx`: a client of `pg` on which a transaction was begun, what `sql.begin` of
 * `postgres.js` or `transaction` of PGlite hands to its callback, what `kyselyTx` or `drizzleTx` made, or the `tx` of a
 * projection.
 */
export type PostgresTransaction =
  PgTransaction | PostgresJsTransaction | PgliteTransaction | OrmTransaction | ProjectionTransaction

/** A client of `pg`; no pool has this method. */
export interface PgTransaction extends PgClient {
  escapeIdentifier(name: string): string
}

/** How to reach the database that the caller named. */
export function databaseOf(database: unknown, settings: Settings): () => Promise<Database> {
  if (isPgPool(database))
    return async () => new ReadCommitted(new PgDatabase(database, { ...settings, own: false }))
  if (isPostgresJsSql(database)) return () => postgresJs(database, settings)
  if (isPgliteInstance(database))
    return async () => new ReadCommitted(new PgliteDatabase(database, settings.timeout))
  if (isPostgresUrl(database))
    return async () =>
      new PgDatabase(await poolOf(database, settings.answer), { ...settings, own: true })
  return misuse(
    'postgres() takes a URL like postgres://user@host/database, a Pool of pg, a sql of postgres.js, or an instance of PGlite',
  )
}

/** The connection of a caller's own transaction. */
export function joined(tx: unknown, settings: Settings): Connection {
  if (isProjectionTransaction(tx)) return connectionOf(tx)
  const ofOrm = ormConnection(tx)
  if (ofOrm) return ofOrm
  if (isPgClient(tx)) return pgConnection(tx, settings)
  if (isPostgresJsTransaction(tx)) return postgresJsConnection(tx, settings)
  if (isPgliteTransaction(tx)) return pgliteConnection(tx)
  return misuse(`what was given as tx is ${whatIs(tx)}`)
}

function whatIs(tx: unknown): string {
  if (isPgPool(tx)) return 'a pool; give the client on which the transaction was begun'
  if (isPostgresJsSql(tx))
    return 'a sql without a transaction; give the one that sql.begin hands out'
  if (isPgliteInstance(tx)) return 'an instance of PGlite; give what its transaction() hands out'
  if (hasMethods(tx, ['executeQuery'])) return 'of Kysely; give kyselyTx(trx) for a transaction trx'
  if (hasMethods(tx, ['execute'])) return 'of Drizzle; give drizzleTx(tx) for a transaction tx'
  return 'no transaction; give a client of pg, what sql.begin of postgres.js or transaction() of PGlite hands out, kyselyTx(trx) or drizzleTx(tx)'
}

async function postgresJs(sql: PostgresJsSql, settings: Settings): Promise<Database> {
  const database = new PostgresJsDatabase(sql, settings)
  await database.checkTexts()
  return new ReadCommitted(database)
}

async function poolOf(connectionString: string, answer: number): Promise<PgPool> {
  const { default: pg } = await import('pg').catch(withoutPg)
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
  return closing(pool)
}

/** `pg` is no dependency of Annals, so that it may be missing. */
function withoutPg(cause: unknown): never {
  if (cause instanceof Error && /^Cannot find (package|module) 'pg'/.test(cause.message))
    misuse(
      'postgres() connects to a URL by the package pg, which is not installed; run npm install pg',
      { cause },
    )
  throw cause
}

/** A pool of `pg` of the store's own. */
interface OwnPool extends PgPool {
  on(event: 'connect' | 'remove', heard: (client: PgPoolClient) => void): this
}

// in milliseconds: a server that cannot be reached says no goodbye
const longestGoodbye = 1_000

/** A pool that has ended when its connections have, for which `pg` does not wait. */
function closing(pool: OwnPool): PgPool {
  const open = new Set<PgPoolClient>()
  const closed = Promise.withResolvers<void>()
  let ended = false
  pool.on('connect', (client) => void open.add(client))
  pool.on('remove', (client) => {
    open.delete(client)
    if (ended && open.size === 0) closed.resolve()
  })
  const end = pool.end.bind(pool)
  return Object.assign(pool, {
    end: async () => {
      await end()
      ended = true
      if (open.size > 0) await answered(closed.promise, longestGoodbye).catch(() => undefined)
    },
  })
}
