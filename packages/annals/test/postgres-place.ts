import pg from 'pg'
import postgresJs from 'postgres'
import { postgres, type PostgresDriver } from '../src/adapters/postgres/index.ts'
import type { StorePlace } from '../src/testing/contracts/store/scene.ts'
import type { ProjectionTransaction } from '../src/adapters/postgres/projecting/transaction.ts'
import { held, type HeldTransaction } from './held-transaction.ts'

/** The server that the tests talk to; `scripts/services` starts it. */
export const serverUrl = 'postgres://postgres@127.0.0.1:5432/test'

let made = 0

/** A schema name that nobody has. */
export function newSchema(): string {
  return `t${process.pid}_${Date.now().toString(36)}_${made++}`
}

/** A place in a schema of its own, whose stores are on one pool. */
export async function inSchema(): Promise<StorePlace> {
  const pool = new pg.Pool({ connectionString: serverUrl, max: 20 })
  return onPool(pool, pool)
}

/** A place in a schema of its own, whose stores make their connections themselves. */
export async function atUrl(): Promise<StorePlace> {
  return onPool(serverUrl, new pg.Pool({ connectionString: serverUrl }))
}

/** A place in a schema of its own, whose stores are on one `sql` of postgres.js. */
export async function onPostgresJs(): Promise<StorePlace> {
  const schema = newSchema()
  const sql = postgresJs(serverUrl, { max: 20, onnotice: () => undefined })
  const callers: HeldTransaction<unknown>[] = []
  return {
    open: (options) => postgres(sql, { schema, ...options }),
    begin: async () => {
      const caller = await held<postgresJs.TransactionSql>((work) => sql.begin(work))
      callers.push(caller)
      return { ...caller, tx: caller.tx as never }
    },
    run: runOnPostgres,
    shared: true,
    cycles: 200,
    async remove() {
      for (const caller of callers) await caller.rollback()
      await sql`drop schema if exists ${sql(schema)} cascade`
      await sql.end()
    },
  }
}

/** A place for stores on `driver`, where `pool` is of the test's own transactions. */
function onPool(driver: PostgresDriver, pool: pg.Pool): StorePlace {
  const schema = newSchema()
  const callers: pg.PoolClient[] = []
  return {
    open: (options) => postgres(driver, { schema, ...options }),
    begin: async () => {
      const client = await pool.connect()
      callers.push(client)
      await client.query('begin')
      return {
        tx: client as never, // the contract hands it back to the stores that `open` made
        commit: async () => void (await client.query('commit')),
        rollback: async () => void (await client.query('rollback')),
      }
    },
    run: runOnPostgres,
    shared: true,
    cycles: 200,
    async remove() {
      for (const client of callers) client.release(true)
      await pool.query(`drop schema if exists "${schema}" cascade`)
      await pool.end()
    },
  }
}

/** Ends the connection that runs a statement with these words, as soon as there is one. */
export async function terminate(words: string): Promise<void> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  const text = `select pg_terminate_backend(pid) from pg_stat_activity
    where strpos(query, $1) > 0 and pid <> pg_backend_pid()`
  while (!(await client.query(text, [words])).rowCount);
  await client.end()
}

/** Runs a statement in a transaction of a projection. */
export async function runOnPostgres(tx: unknown, statement: string): Promise<readonly unknown[]> {
  const transaction = tx as ProjectionTransaction // which is what the stores give
  return (await transaction.query(statement)).rows
}
