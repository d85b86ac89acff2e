import { misuse } from '../../core/errors.ts'
import type { Connection } from './connection.ts'
import type { SqliteRow, SqliteStatement, SqliteValue } from './driver.ts'
import { isOfDatabase } from './failures.ts'
import { checkValues } from './foreign-statement.ts'

/** A query of Kysely: what its query builders are. */
export interface CompiledByKysely {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] }
}

/** A query of Drizzle: what its query builders are. */
export interface CompiledByDrizzle {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] }
}

/**
 * What a projection writes with: the transaction in which the event is recorded, or the checkpoint moves. Each call takes
 * one statement, whose parameters are `?`, and is done when it returns. It ends with the handler.
 */
export interface SqliteTransaction {
  /** Gives how many rows were inserted, updated or deleted. */
  run(sql: string, ...values: readonly SqliteValue[]): number
  /** The first row. */
  get(sql: string, ...values: readonly SqliteValue[]): SqliteRow | undefined
  /** All rows. */
  all(sql: string, ...values: readonly SqliteValue[]): readonly SqliteRow[]
  /** Runs a query that Kysely or Drizzle has built, without awaiting it there; rows have the names of the columns. */
  execute(query: CompiledByKysely | CompiledByDrizzle): readonly SqliteRow[]
}

/** A transaction of a projection, as long as it is open. */
export class OpenTransaction implements SqliteTransaction {
  readonly #connection: Connection
  #over = false
  #failure: { readonly error: unknown } | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  run(sql: string, ...values: readonly SqliteValue[]): number {
    return this.#do(sql, values, (statement, given) => Number(statement.run(...given).changes))
  }

  get(sql: string, ...values: readonly SqliteValue[]): SqliteRow | undefined {
    // rows of a foreign statement are objects
    return this.#do(sql, values, (statement, given) => statement.get(...given)) as
      SqliteRow | undefined
  }

  all(sql: string, ...values: readonly SqliteValue[]): readonly SqliteRow[] {
    return this.#do(sql, values, rowsOf)
  }

  execute(query: CompiledByKysely | CompiledByDrizzle): readonly SqliteRow[] {
    const { sql, values } = compiled(query)
    return this.#do(sql, values, rowsOf)
  }

  /** Nothing more is written with it, and nothing of what was. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Throws what it failed with, though somebody has caught it. */
  check(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** Whoever uses it from now on is refused. */
  end(): void {
    this.#over = true
  }

  #do<Result>(
    sql: string,
    values: readonly unknown[],
    work: (statement: SqliteStatement, values: readonly SqliteValue[]) => Result,
  ): Result {
    if (this.#over)
      misuse(
        'the transaction of the projection is over: its handlers are done when they return; work that takes longer belongs into a subscription',
      )
    this.check()
    try {
      return work(this.#connection.foreign(sql), checkValues(values))
    } catch (error) {
      const { inTransaction, file } = this.#connection
      // what fails badly takes the whole transaction back, and later statements would be on their own
      if (!inTransaction || isOfDatabase(error, file)) this.fail(error)
      throw error
    }
  }
}

function rowsOf(statement: SqliteStatement, values: readonly SqliteValue[]): readonly SqliteRow[] {
  // better-sqlite3 gives rows only where there can be some
  if (statement.reader === false) {
    statement.run(...values)
    return []
  }
  // rows of a foreign statement are objects
  return statement.all(...values) as readonly SqliteRow[]
}

function compiled(query: CompiledByKysely | CompiledByDrizzle): {
  readonly sql: string
  readonly values: readonly unknown[]
} {
  const given: Partial<CompiledByKysely & CompiledByDrizzle> = query
  if (typeof given.compile === 'function') {
    const { sql, parameters } = given.compile()
    return { sql, values: parameters }
  }
  if (typeof given.toSQL === 'function') {
    const { sql, params } = given.toSQL()
    return { sql, values: params }
  }
  return misuse(
    'tx.execute takes a query of Kysely or Drizzle that was not executed yet; for texts there are tx.run, tx.get and tx.all',
  )
}
