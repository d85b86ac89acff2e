import type { Connection } from './connection.ts'
import type { SqliteDatabase } from './driver.ts'

/** Where something is read: in the caller's transaction, where one is given. */
export interface InTransaction {
  readonly tx?: SqliteDatabase
}

/**
 * Does something with the database of a store, in one go, again and again while another connection holds it. So work that
 * fails for that must have left nothing.
 */
export type Access = <Result>(
  work: (connection: Connection) => Result,
  where?: InTransaction,
) => Promise<Result>
