import type { Connection, DriverRow, Row } from '../database.ts'

/** A transaction of an ORM, as `with({ tx })` takes it; `kyselyTx` and `drizzleTx` make one. */
export class OrmTransaction {
  readonly #orm: string

  constructor(orm: string) {
    this.#orm = orm
  }

  /** The name of the ORM. */
  get orm(): string {
    return this.#orm
  }
}

// beside the class, so that what users see of it mentions nothing that is not for them
const connections = new WeakMap<OrmTransaction, Connection>()

/** A transaction of an ORM that is reached through a connection. */
export function ormTransaction(orm: string, connection: Connection): OrmTransaction {
  const transaction = new OrmTransaction(orm)
  connections.set(transaction, connection)
  return transaction
}

/** The connection of what `ormTransaction` made. */
export function ormConnection(tx: unknown): Connection | undefined {
  return tx instanceof OrmTransaction ? connections.get(tx) : undefined
}

/** The rows of a statement of the store: each column is a text, under a name of its own. */
export function textRows(rows: readonly DriverRow[]): readonly Row[] {
  return (rows as readonly Readonly<Record<string, string | null>>[]).map((row) =>
    Object.values(row),
  )
}
