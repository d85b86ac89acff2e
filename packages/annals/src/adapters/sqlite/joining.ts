import { MisuseError, UnavailableError } from '../../core/errors.ts'
import { Connection } from './connection.ts'
import { driverOf, inTransaction, isDatabase, type SqliteDatabase } from './driver.ts'
import { pathOf } from './opening.ts'

/** Refuses what is no transaction of the caller that an append can join. */
export function checkTransaction(own: Connection, tx: SqliteDatabase): void {
  if (!isDatabase(tx))
    throw refused(
      'is no database; give the connection whose transaction is open, of node:sqlite or better-sqlite3',
    )
  if (tx === own.database)
    throw refused(
      "is the store's own connection; open a second connection to the file for your transactions",
    )
  if (driverOf(tx) !== driverOf(own.database))
    throw refused(
      `is of ${driverOf(tx)} and the store of ${driverOf(own.database)}: two copies of SQLite in one program undo each other's locks; use one for both`,
    )
  if (!inTransaction(tx)) throw refused('has no transaction open; begin one with BEGIN IMMEDIATE')
}

/** The caller's connection, on the same file. Its commit is as durable as its `synchronous` says. */
export function joining(own: Connection, tx: SqliteDatabase): Connection {
  const joined = new Connection(tx, own.file)
  const path = pathOf(joined)
  if (path !== '' && path === pathOf(own)) return joined
  throw refused(
    `is open on ${path || 'a database in memory'}; open it on ${own.file}, which the store is on`,
  )
}

/** A file whose tables are still to be made cannot be opened while the caller's transaction holds it. */
export function explainOpening(error: unknown, tx: SqliteDatabase): never {
  if (!(error instanceof UnavailableError) || !isDatabase(tx) || !inTransaction(tx)) throw error
  throw new MisuseError(
    'ANNALS_OPTION',
    'the store cannot open its file, which the transaction given as tx holds; use a new store once before the transaction begins, for example by await store.settled()',
    { cause: error },
  )
}

function refused(why: string): MisuseError {
  return new MisuseError('ANNALS_OPTION', `the database given as tx ${why}`)
}
