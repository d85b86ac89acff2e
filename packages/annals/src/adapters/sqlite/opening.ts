import { MisuseError } from '../../core/errors.ts'
import { Connection } from './connection.ts'
import type { SqliteDatabase } from './driver.ts'

// SQLite waits in the thread, which holds up the whole program; longer waits are made in JavaScript
const longestBlock = 10

const full = 2

/** A connection with what durable appends need, whoever opened the database. */
export function opened(database: SqliteDatabase, path: string | undefined): Connection {
  const connection = new Connection(database, fileOf(database, path))
  connection.refuseOpenTransaction()
  limitBlocking(connection)
  writeAhead(connection)
  flushCommits(connection)
  return connection
}

/** The file of a database as SQLite knows it; empty where it has none. */
export function pathOf(connection: Connection): string {
  const list = connection.rows<[number, string, string]>('pragma database_list')
  return list.find(([, name]) => name === 'main')?.[2] ?? ''
}

function fileOf(database: SqliteDatabase, path: string | undefined): string {
  return path ?? (pathOf(new Connection(database, 'the database')) || 'the database')
}

function pragma(connection: Connection, sql: string): unknown {
  return connection.row<[unknown]>(`pragma ${sql}`)?.[0]
}

function limitBlocking(connection: Connection): void {
  if (Number(pragma(connection, 'busy_timeout')) > longestBlock)
    pragma(connection, `busy_timeout = ${longestBlock}`)
}

// readers and the writer do not wait for each other, and a commit is one flush
function writeAhead(connection: Connection): void {
  if (pragma(connection, 'journal_mode') === 'wal') return
  const mode = pragma(connection, 'journal_mode = wal')
  if (mode === 'wal' || (mode === 'memory' && pathOf(connection) === '')) return
  throw new MisuseError(
    'ANNALS_OPTION',
    `${connection.file} cannot have a write-ahead log (its journal mode stays ${String(mode)}); put it on a disk of this machine`,
  )
}

// Said even where it is `full` already: better-sqlite3 is built to fall back to `normal`, which loses
// the last commits in a power failure, when the log is first used, unless the connection has said it.
function flushCommits(connection: Connection): void {
  if (Number(pragma(connection, 'synchronous')) <= full)
    connection.database.exec('pragma synchronous = full')
}
