import { PGlite } from '@electric-sql/pglite'
import { drizzle as drizzleOfPg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleOfPglite } from 'drizzle-orm/pglite'
import { drizzle as drizzleOfPostgresJs } from 'drizzle-orm/postgres-js'
import { pgSchema, text, type PgDatabase, type PgQueryResultHKT } from 'drizzle-orm/pg-core'
import {
  Kysely,
  ParseJSONResultsPlugin,
  PGliteDialect,
  PostgresDialect,
  type ControlledTransaction,
  type Dialect,
} from 'kysely'
import pg from 'pg'
import postgresJs from 'postgres'
import {
  drizzleTx,
  kyselyTx,
  type OrmTransaction,
  type PostgresDriver,
} from '../src/adapters/postgres/index.ts'
import { newSchema, serverUrl } from './postgres-place.ts'

/** An ORM, with a table of names in a schema of its own, on a database that a store may share. */
export interface Orm {
  readonly driver: PostgresDriver
  readonly schema: string
  transaction(work: (inside: Inside) => Promise<void>): Promise<void>
  names(): Promise<readonly string[]>
  close(): Promise<void>
}

/** An open transaction of an ORM. */
export interface Inside {
  readonly tx: OrmTransaction
  readonly insert: (name: string) => Promise<unknown>
  /** Runs work in a transaction within this one, which is rolled back when the work fails. */
  readonly nested: (work: (inside: Inside) => Promise<void>) => Promise<void>
}

/** Each ORM on each of its drivers. */
export const orms: readonly { readonly name: string; readonly open: () => Promise<Orm> }[] = [
  { name: 'Kysely on pg', open: kyselyOnPg },
  { name: 'Kysely on PGlite', open: kyselyOnPglite },
  { name: 'Drizzle on pg', open: drizzleOnPg },
  { name: 'Drizzle on postgres.js', open: drizzleOnPostgresJs },
  { name: 'Drizzle on PGlite', open: drizzleOnPglite },
]

async function kyselyOnPg(): Promise<Orm> {
  const pool = new pg.Pool({ connectionString: serverUrl })
  const orm = await prepared(
    pool,
    (script) => pool.query(script),
    () => pool.end(),
  )
  return { ...orm, ...kysely(new PostgresDialect({ pool }), orm.schema) }
}

async function kyselyOnPglite(): Promise<Orm> {
  const pglite = new PGlite()
  const orm = await prepared(
    pglite,
    (script) => pglite.exec(script),
    () => pglite.close(),
  )
  return { ...orm, ...kysely(new PGliteDialect({ pglite }), orm.schema) }
}

async function drizzleOnPg(): Promise<Orm> {
  const pool = new pg.Pool({ connectionString: serverUrl })
  const orm = await prepared(
    pool,
    (script) => pool.query(script),
    () => pool.end(),
  )
  return { ...orm, ...drizzle(drizzleOfPg(pool), orm.schema) }
}

async function drizzleOnPostgresJs(): Promise<Orm> {
  const sql = postgresJs(serverUrl, { onnotice: () => undefined })
  const orm = await prepared(
    sql,
    (script) => sql.unsafe(script),
    () => sql.end(),
  )
  return { ...orm, ...drizzle(drizzleOfPostgresJs(sql), orm.schema) }
}

async function drizzleOnPglite(): Promise<Orm> {
  const pglite = new PGlite()
  const orm = await prepared(
    pglite,
    (script) => pglite.exec(script),
    () => pglite.close(),
  )
  return { ...orm, ...drizzle(drizzleOfPglite(pglite), orm.schema) }
}

/** A new schema with the table of names, which goes when the ORM is closed. */
async function prepared(
  driver: PostgresDriver,
  run: (script: string) => PromiseLike<unknown>,
  end: () => Promise<void>,
): Promise<Pick<Orm, 'driver' | 'schema' | 'close'>> {
  const schema = newSchema()
  await run(`create schema "${schema}"; create table "${schema}".names (name text not null)`)
  const close = async () => {
    await run(`drop schema "${schema}" cascade`)
    await end()
  }
  return { driver, schema, close }
}

type Ways = Pick<Orm, 'transaction' | 'names'>

interface Tables {
  readonly names: { readonly name: string }
}

function kysely(dialect: Dialect, schema: string): Ways {
  // a plugin that would make objects of the texts that a store reads
  const plugins = [new ParseJSONResultsPlugin()]
  const database = new Kysely<Tables>({ dialect, plugins }).withSchema(schema)
  const inside = (trx: ControlledTransaction<Tables, string[]>): Inside => ({
    tx: kyselyTx(trx),
    insert: (name) => trx.insertInto('names').values({ name }).execute(),
    nested: async (work) => {
      const saved = await trx.savepoint('nested').execute()
      try {
        await work(inside(saved))
        await saved.releaseSavepoint('nested').execute()
      } catch (error) {
        await saved.rollbackToSavepoint('nested').execute()
        throw error
      }
    },
  })
  return {
    transaction: async (work) => {
      const trx = await database.startTransaction().execute()
      try {
        await work(inside(trx))
        await trx.commit().execute()
      } catch (error) {
        await trx.rollback().execute()
        throw error
      }
    },
    names: async () =>
      (await database.selectFrom('names').select('name').execute()).map(({ name }) => name),
  }
}

function drizzle(database: PgDatabase<PgQueryResultHKT>, schema: string): Ways {
  const names = pgSchema(schema).table('names', { name: text().notNull() })
  type Transaction = Parameters<Parameters<typeof database.transaction>[0]>[0]
  const inside = (tx: Transaction): Inside => ({
    tx: drizzleTx(tx),
    insert: (name) => tx.insert(names).values({ name }),
    nested: (work) => tx.transaction((inner) => work(inside(inner))),
  })
  return {
    transaction: (work) => database.transaction((tx) => work(inside(tx))),
    names: async () => (await database.select().from(names)).map(({ name }) => name),
  }
}
