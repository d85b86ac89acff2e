/** What SQLite is given and gives back. */
export type SqliteValue = string | number | bigint | null | Uint8Array

/** A row by the names of its columns. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>

/** The subset of a prepared statement that is called; its parameters are positional. */
export interface SqliteStatement {
  all(...values: SqliteValue[]): unknown[]
  get(...values: SqliteValue[]): unknown
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  /** Of `node:sqlite`: rows come as arrays. */
  setReturnArrays?(enabled: boolean): void
  /** Of `node:sqlite`: integers come as bigints. */
  setReadBigInts?(enabled: boolean): void
  /** Of `node:sqlite`: the part of the text that it is of, which ends with the first semicolon. */
  readonly sourceSQL?: string
  /** Of `better-sqlite3`: whether it gives rows. */
  readonly reader?: boolean
  /** Of `better-sqlite3`: rows come as arrays. */
  raw?(enabled: boolean): unknown
  /** Of `better-sqlite3`: integers come as bigints. */
  safeIntegers?(enabled: boolean): unknown
}

/** An open database: a `DatabaseSync` of `node:sqlite`, or a `Database` of `better-sqlite3`. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
  close(): unknown
  /** Of `node:sqlite`: whether a transaction is open. */
  readonly isTransaction?: boolean
  /** Of `better-sqlite3`: whether a transaction is open. */
  readonly inTransaction?: boolean
}

/** Whether a value can be used as a database. */
export function isDatabase(value: unknown): value is SqliteDatabase {
  if (typeof value !== 'object' || value === null) return false
  return 'prepare' in value && 'exec' in value && driverOf(value) !== undefined
}

/**
 * Which copy of SQLite a database runs in. Two copies in one process must not open the same file:
 * closing a file in one drops the locks of the other.
 */
export function driverOf(database: object): 'node:sqlite' | 'better-sqlite3' | undefined {
  if ('isTransaction' in database) return 'node:sqlite'
  return 'inTransaction' in database ? 'better-sqlite3' : undefined
}

/** Whether the database has a transaction open. */
export function inTransaction(database: SqliteDatabase): boolean {
  return database.isTransaction ?? database.inTransaction ?? false
}

/** A statement whose rows are arrays, integers in them numbers. */
export function prepare(database: SqliteDatabase, sql: string): SqliteStatement {
  return prepared(database, sql, true)
}

/** A statement whose rows are objects, integers in them numbers. */
export function prepareNamed(database: SqliteDatabase, sql: string): SqliteStatement {
  return prepared(database, sql, false)
}

function prepared(database: SqliteDatabase, sql: string, arrays: boolean): SqliteStatement {
  const statement = database.prepare(sql)
  statement.setReturnArrays?.(arrays)
  statement.setReadBigInts?.(false)
  if (statement.reader) {
    statement.raw?.(arrays)
    statement.safeIntegers?.(false)
  }
  return statement
}

/** Opens a file, which is made when it is not there, with the SQLite of the runtime. */
export function openFile(path: string): SqliteDatabase {
  const sqlite = process.getBuiltinModule('node:sqlite')
  return new sqlite.DatabaseSync(path)
}
