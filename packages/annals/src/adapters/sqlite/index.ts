import { MisuseError } from '../../core/errors.ts'
import type { EventStore } from '../../store/store.ts'
import { isDatabase, openFile, type SqliteDatabase } from './driver.ts'
import { settingsOf, type SqliteOptions } from './options.ts'
import { SqliteStore } from './store.ts'

export type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from './driver.ts'
export type { SqliteOptions } from './options.ts'
export { projection } from './projection.ts'
export type { CompiledByDrizzle, CompiledByKysely, SqliteTransaction } from './transaction.ts'

/**
 * An event store in a SQLite file, which is made when it is not there; `':memory:'` keeps it in memory.
 * Any number of processes may use the file at once.
 *
 * Instead of a path it takes an open database: a `DatabaseSync` of `node:sqlite` or a `Database` of
 * `better-sqlite3`. The store sets what durable appends need (a write-ahead log, `synchronous = full`,
 * a `busy_timeout` of 10 ms at most) and leaves it open when it closes.
 */
export function sqlite(
  database: string | SqliteDatabase,
  options: SqliteOptions = {},
): EventStore<SqliteDatabase> {
  const settings = settingsOf(options)
  if (typeof database === 'string' && database !== '')
    return new SqliteStore({ path: database, open: () => openFile(database) }, settings)
  if (isDatabase(database))
    return new SqliteStore({ path: undefined, open: () => database }, settings)
  throw new MisuseError(
    'ANNALS_OPTION',
    'sqlite() takes the path of a file, or an open database of node:sqlite or better-sqlite3',
  )
}
