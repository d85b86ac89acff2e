/**
 * What the store asks of a database. Parameters and columns are texts or null, whatever the driver would
 * make of other types, so that every driver, and every ORM over one, gives the same.
 */
export interface Statement {
  readonly text: string
  readonly values: readonly Value[]
  /** Whether a connection should keep its plan: true for the texts that are sent again and again. */
  readonly prepared?: boolean
}

/** The value of a parameter $1, $2 … */
export type Value = string | null

/** The columns of a row, as PostgreSQL writes them. */
export type Row = readonly (string | null)[]

/** A row as a driver gives it: by the names of the columns, with values as it reads their types. */
export type DriverRow = Readonly<Record<string, unknown>>

/** One connection with a transaction open; its statements go one after the other. */
export interface Connection {
  rows(statement: Statement): Promise<readonly Row[]>
  /** Runs a script of several statements. */
  run(script: string): Promise<void>
  /**
   * Runs a statement as the driver does by itself, with values and rows of its own kinds. Without values it may be a
   * script, and gives the rows of its last statement.
   */
  query(text: string, values?: readonly unknown[]): Promise<readonly DriverRow[]>
  /** Runs work inside a savepoint, which is rolled back when the work fails: the transaction goes on as it was. */
  savepoint<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
}

/** A way to hear what others announce. */
export interface Listening {
  close(): Promise<void>
}

/** Who hears what is announced. */
export interface Listener {
  readonly notified: (payload: string) => void
  /** The connection is gone, and nothing is heard any more. */
  readonly lost: () => void
}

/** A database as the store uses it, on any driver. */
export interface Database {
  /** Runs one statement on any connection, in a transaction of its own. */
  rows(statement: Statement): Promise<readonly Row[]>
  /** Runs work in a transaction of READ COMMITTED, which is rolled back when it fails. */
  transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
  listen(channel: string, listener: Listener): Promise<Listening>
  /** Waits for what is on its way; ends the connections where the store made them. */
  close(): Promise<void>
}
