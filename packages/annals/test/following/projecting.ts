import { DatabaseSync } from 'node:sqlite'
import type { EventOf, EventStore, Processor } from 'annals'
import { postgres, projection as onPostgres } from 'annals/postgres'
import { projection as onSqlite, sqlite } from 'annals/sqlite'
import { sql as sqlOfDrizzle } from 'drizzle-orm'
import { drizzle as drizzleOfPg } from 'drizzle-orm/node-postgres'
import { integer as pgInteger, pgSchema, text as pgText } from 'drizzle-orm/pg-core'
import { drizzle as drizzleOfSqlite } from 'drizzle-orm/sqlite-proxy'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import pg from 'pg'
import { AccountEvents } from '../domain/bank.ts'
import { inFile } from '../places.ts'
import { newSchema, serverUrl } from '../postgres-place.ts'

type Row = Readonly<Record<string, unknown>>
type Deposit = EventOf<typeof AccountEvents, 'MoneyDeposited'>

/** What a handler does, in any SQL: a statement with `?` for each value. */
export type Write = (sql: string, ...values: readonly (string | number)[]) => unknown

/** A projection in the words that both databases understand. */
export interface Definition {
  readonly version?: number
  readonly slices?: number
  readonly setup?: (write: Write, table: (name: string) => string) => unknown
  readonly on: (event: Deposit, write: Write, table: (name: string) => string) => unknown
}

/** A place whose tables can be looked at. */
export interface DatabasePlace extends AsyncDisposable {
  open(): EventStore
  /** Each row that a query gives, as a text. */
  rows(sql: string): Promise<readonly string[]>
}

/** A database with projections of its own. */
export interface Database {
  readonly name: string
  readonly at: () => Promise<DatabasePlace>
  readonly projection: (definition: Definition) => Processor
  /** The same that `totals` writes, with query builders. */
  readonly built: Readonly<Record<string, () => Processor>>
}

const retry = { attempts: 1 } as const

/** The same statement with $1, $2 … for its values. */
function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}

export const create = (table: string) =>
  `create table ${table} (id text primary key, total integer not null)`

interface Tables {
  readonly [table: string]: { readonly id: string; readonly total: number }
}

export const SQLite: Database = {
  name: 'SQLite',
  at: atFile,
  projection: ({ version = 1, slices = 1, setup, on }) =>
    onSqlite('totals', AccountEvents, {
      version,
      retry,
      slices,
      ...(setup && { setup: (tx, { table }) => setup(tx.run.bind(tx), table) }),
      MoneyDeposited: (event, { tx, table }) => on(event, tx.run.bind(tx), table),
    }) as unknown as Processor,
  built: {
    Kysely: () => {
      const kysely = new Kysely<Tables>({
        dialect: {
          createAdapter: () => new SqliteAdapter(),
          createDriver: () => new DummyDriver(),
          createIntrospector: (database) => new SqliteIntrospector(database),
          createQueryCompiler: () => new SqliteQueryCompiler(),
        },
      })
      return onSqlite('totals', AccountEvents, {
        setup: (tx, { table }) => tx.run(create(table('totals'))),
        MoneyDeposited: ({ stream, data }, { tx, table }) => {
          const found = tx.execute(
            kysely
              .selectFrom(bare(table('totals')))
              .selectAll()
              .where('id', '=', stream.id),
          )
          if (found.length === 0)
            tx.execute(kysely.insertInto(bare(table('totals'))).values({ id: stream.id, total: 0 }))
          tx.execute(
            kysely
              .updateTable(bare(table('totals')))
              .set((of) => ({ total: of('total', '+', data.amount) }))
              .where('id', '=', stream.id),
          )
        },
      }) as unknown as Processor
    },
    Drizzle: () => {
      const drizzle = drizzleOfSqlite(async () => ({ rows: [] }))
      return onSqlite('totals', AccountEvents, {
        setup: (tx, { table }) => tx.run(create(table('totals'))),
        MoneyDeposited: ({ stream: { id }, data: { amount: total } }, { tx, table }) => {
          const totals = sqliteTable(bare(table('totals')), {
            id: text().primaryKey(),
            total: integer(),
          })
          tx.execute(
            drizzle
              .insert(totals)
              .values({ id, total })
              .onConflictDoUpdate({
                target: totals.id,
                set: { total: sqlOfDrizzle`${totals.total} + excluded.total` },
              }),
          )
        },
      }) as unknown as Processor
    },
  },
}

export const PostgreSQL: Database = {
  name: 'PostgreSQL',
  at: inSchema,
  projection: ({ version = 1, slices = 1, setup, on }) =>
    onPostgres('totals', AccountEvents, {
      version,
      retry,
      slices,
      ...(setup && {
        setup: (tx, { table }) => setup((sql, ...values) => tx.query(numbered(sql), values), table),
      }),
      MoneyDeposited: (event, { tx, table }) =>
        on(event, (sql, ...values) => tx.query(numbered(sql), values), table),
    }) as unknown as Processor,
  built: {
    Kysely: () => {
      const kysely = new Kysely<Tables>({
        dialect: {
          createAdapter: () => new PostgresAdapter(),
          createDriver: () => new DummyDriver(),
          createIntrospector: (database) => new PostgresIntrospector(database),
          createQueryCompiler: () => new PostgresQueryCompiler(),
        },
      })
      return onPostgres('totals', AccountEvents, {
        setup: (tx, { table }) => tx.query(create(table('totals'))),
        MoneyDeposited: async ({ stream, data }, { tx, table }) => {
          const [schema = '', name = ''] = table('totals').split('.').map(bare)
          const own = kysely.withSchema(schema)
          const { rows } = await tx.execute(
            own.selectFrom(name).selectAll().where('id', '=', stream.id),
          )
          if (rows.length === 0)
            await tx.execute(own.insertInto(name).values({ id: stream.id, total: 0 }))
          await tx.execute(
            own
              .updateTable(name)
              .set((of) => ({ total: of('total', '+', data.amount) }))
              .where('id', '=', stream.id),
          )
        },
      }) as unknown as Processor
    },
    Drizzle: () => {
      const drizzle = drizzleOfPg.mock()
      return onPostgres('totals', AccountEvents, {
        setup: (tx, { table }) => tx.query(create(table('totals'))),
        MoneyDeposited: async ({ stream: { id }, data: { amount: total } }, { tx, table }) => {
          const [schema = '', name = ''] = table('totals').split('.').map(bare)
          const totals = pgSchema(schema).table(name, {
            id: pgText().primaryKey(),
            total: pgInteger(),
          })
          await tx.execute(
            drizzle
              .insert(totals)
              .values({ id, total })
              .onConflictDoUpdate({
                target: totals.id,
                set: { total: sqlOfDrizzle`${totals.total} + excluded.total` },
              }),
          )
        },
      }) as unknown as Processor
    },
  },
}

/** A name without its quotes, as query builders take it. */
function bare(name: string): string {
  return name.replaceAll('"', '')
}

/** Sums up by account. */
export const totals: Definition = {
  setup: (write, table) => write(create(table('totals'))),
  on: ({ stream, data }, write, table) =>
    write(
      `insert into ${table('totals')} as t (id, total) values (?, ?)
       on conflict (id) do update set total = t.total + excluded.total`,
      stream.id,
      data.amount,
    ),
}

/** A file of its own. */
async function atFile(): Promise<DatabasePlace> {
  const place = await inFile((path) => sqlite(path), DatabaseSync)
  return {
    // a store opens at once, whatever a place may do
    open: () => place.open({} as never) as EventStore,
    rows: async (sql) => {
      const caller = await place.begin?.()
      const database = caller?.tx as DatabaseSync | undefined // what this place begins with
      const found = database?.prepare(sql).all() ?? []
      await caller?.rollback()
      return found.map(rowText)
    },
    [Symbol.asyncDispose]: async () => place.remove?.(),
  }
}

/** A schema of its own, in which its connections look first. */
async function inSchema(): Promise<DatabasePlace> {
  const schema = newSchema()
  const options = `-c search_path=${schema}`
  const pool = new pg.Pool({ connectionString: serverUrl, max: 20, options })
  return {
    open: () => postgres(pool, { schema }),
    rows: async (sql) => (await pool.query<Row>(sql)).rows.map(rowText),
    async [Symbol.asyncDispose]() {
      await pool.query(`drop schema if exists "${schema}" cascade`)
      await pool.end()
    },
  }
}

function rowText(row: Row): string {
  return Object.values(row).join(' ')
}
