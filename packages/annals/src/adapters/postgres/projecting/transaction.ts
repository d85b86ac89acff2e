import { misuse } from '../../../core/errors.ts'
import type { Connection } from '../database.ts'

/** A query of Kysely: what its query builders are. */
export interface CompiledByKysely {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] }
}

/** A query of Drizzle: what its query builders are. */
export interface CompiledByDrizzle {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] }
}

/**
 * The transaction that a projection writes in, on any driver. It may be used until the handler that it was given to has
 * ended, and is taken by `app.with({ tx })`.
 */
export class ProjectionTransaction {
  /**
   * Runs a statement, with values for its $1, $2 …; both the values and the rows are as the driver of the store has
   * them. Without values it may be several statements, and gives the rows of the last.
   */
  async query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }> {
    return { rows: await connectionOf(this).query(text, values) }
  }

  /** Runs a query that Kysely or Drizzle has built, without awaiting it there; rows have the names of the columns. */
  async execute(
    query: CompiledByKysely | CompiledByDrizzle,
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }> {
    const given: Partial<CompiledByKysely & CompiledByDrizzle> = query
    if (typeof given.compile === 'function') {
      const { sql, parameters } = given.compile()
      return this.query(sql, parameters)
    }
    if (typeof given.toSQL === 'function') {
      const { sql, params } = given.toSQL()
      return this.query(sql, params)
    }
    return misuse(
      'tx.execute takes a query of Kysely or Drizzle that was not executed yet; for texts there is tx.query',
    )
  }
}

// beside the class, so that what users see of it mentions nothing that is not for them
const connections = new WeakMap<ProjectionTransaction, Connection>()

/** Whether it is the transaction of a projection. */
export function isProjectionTransaction(tx: unknown): tx is ProjectionTransaction {
  return tx instanceof ProjectionTransaction
}

/** The connection that the transaction of a projection is on at the moment. */
export function connectionOf(tx: ProjectionTransaction): Connection {
  return (
    connections.get(tx) ??
    misuse(
      'the transaction of the projection is over: it ends with its handlers; await in them what is done with it',
    )
  )
}

/** Lets a transaction be used on a connection; on none, without one. */
export function use(tx: ProjectionTransaction, connection: Connection | undefined): void {
  if (connection) connections.set(tx, connection)
  else connections.delete(tx)
}
