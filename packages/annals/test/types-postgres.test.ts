import { annals } from 'annals'
import { drizzleTx, kyselyTx, postgres } from 'annals/postgres'
import type { PGlite, Transaction as PgliteTransaction } from '@electric-sql/pglite'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PgliteDatabase } from 'drizzle-orm/pglite'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { ControlledTransaction, Kysely, Transaction } from 'kysely'
import type { DatabaseSync } from 'node:sqlite'
import type pg from 'pg'
import type postgresJs from 'postgres'
import { test } from 'vitest'

// What a PostgreSQL store takes, and the mistakes that must stay compile errors: nothing here runs.
interface Tables {
  readonly names: { readonly name: string }
}
declare const tables: { names: unknown }
type Schema = typeof tables

declare const pool: pg.Pool
declare const client: pg.Client
declare const lent: pg.PoolClient
declare const sql: postgresJs.Sql<{ bigint: bigint }>
declare const sqlTx: postgresJs.TransactionSql<{ bigint: bigint }>
declare const pglite: PGlite
declare const pgliteTx: PgliteTransaction
declare const kysely: Kysely<Tables>
declare const kyselyTrx: Transaction<Tables>
declare const controlled: ControlledTransaction<Tables, ['one']>
declare const onPg: NodePgDatabase<Schema>
declare const onPostgresJs: PostgresJsDatabase
declare const onPglite: PgliteDatabase
declare const file: DatabaseSync

const never = (..._uses: readonly (() => unknown)[]) => undefined
const app = () => annals({ store: postgres('postgres://localhost/test') })

test('each driver fits, and each of their transactions', () => {
  never(
    () => [postgres(pool), postgres(sql), postgres(pglite, { schema: 'events' })],
    () => [app().with({ tx: client }), app().with({ tx: lent })],
    () => app().with({ tx: sqlTx }),
    () => sql.begin((tx) => app().with({ tx }).close()),
    () => app().with({ tx: pgliteTx }),
    () => pglite.transaction((tx) => app().with({ tx }).close()),
    () => app().with({ tx: kyselyTx(kyselyTrx) }),
    () => app().with({ tx: kyselyTx(controlled) }),
    () =>
      onPg.transaction((tx) =>
        app()
          .with({ tx: drizzleTx(tx) })
          .close(),
      ),
    () =>
      onPostgresJs.transaction((tx) =>
        app()
          .with({ tx: drizzleTx(tx) })
          .close(),
      ),
    () =>
      onPglite.transaction((tx) =>
        app()
          .with({ tx: drizzleTx(tx) })
          .close(),
      ),
  )
})

test('what is no open transaction does not compile as tx', () => {
  never(
    // @ts-expect-error a pool
    () => app().with({ tx: pool }),
    // @ts-expect-error a sql without a transaction
    () => app().with({ tx: sql }),
    // @ts-expect-error an instance of PGlite
    () => app().with({ tx: pglite }),
    // @ts-expect-error a transaction of Kysely as it is
    () => app().with({ tx: kyselyTrx }),
    // @ts-expect-error a transaction of Drizzle as it is
    () => onPg.transaction((tx) => app().with({ tx }).close()),
    // @ts-expect-error a database of SQLite
    () => app().with({ tx: file }),
    // @ts-expect-error nothing of the kind
    () => app().with({ tx: {} }),
    // @ts-expect-error Kysely without a transaction
    () => kyselyTx(kysely),
    // @ts-expect-error Drizzle without a transaction
    () => drizzleTx(onPg),
    // @ts-expect-error Drizzle without a transaction
    () => drizzleTx(onPglite),
  )
})

test('what is no database does not compile', () => {
  never(
    // @ts-expect-error a single client
    () => postgres(client),
    // @ts-expect-error a transaction
    () => postgres(sqlTx),
    // @ts-expect-error an ORM
    () => postgres(kysely),
    // @ts-expect-error a database of SQLite
    () => postgres(file),
    // @ts-expect-error an option that is misspelt
    () => postgres(pool, { timout: '5s' }),
  )
})
