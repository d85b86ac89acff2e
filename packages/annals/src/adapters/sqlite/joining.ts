import { MisuseError } from '../../core/errors.ts'
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

function refused(why: string): MisuseError {
  return new MisuseError('ANNALS_OPTION', `the database given as tx ${why}`)
}
