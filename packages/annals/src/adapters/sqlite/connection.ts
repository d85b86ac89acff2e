import { MisuseError } from '../../core/errors.ts'
import {
  inTransaction,
  prepare,
  prepareNamed,
  type SqliteDatabase,
  type SqliteStatement,
  type SqliteValue,
} from './driver.ts'
import { checkStatement } from './foreign-statement.ts'
import { Statements } from './statements.ts'

/** An open database that prepares a statement once. */
export class Connection {
  readonly database: SqliteDatabase
  /** What to call it in messages. */
  readonly file: string
  readonly #statements: Statements
  readonly #foreign: Statements
  #epoch: string | undefined

  constructor(database: SqliteDatabase, file: string) {
    this.database = database
    this.file = file
    this.#statements = new Statements((sql) => prepare(database, sql))
    this.#foreign = new Statements((sql) => checkStatement(prepareNamed(database, sql), sql))
  }

  /** The name of the history that the database holds. */
  get epoch(): string {
    this.#epoch ??= this.row<[string]>(
      "select value from annals_settings where name = 'epoch'",
    )?.[0]
    return this.#epoch ?? ''
  }

  get inTransaction(): boolean {
    return inTransaction(this.database)
  }

  // Who writes a statement says what its rows are; the compiler cannot.
  /* oxlint-disable typescript/no-unnecessary-type-parameters */

  /** All rows; `Row` is what the columns of the statement hold. */
  rows<Row>(sql: string, ...values: readonly SqliteValue[]): readonly Row[] {
    return this.#statements.of(sql).all(...values) as readonly Row[]
  }

  /** The first row. */
  row<Row>(sql: string, ...values: readonly SqliteValue[]): Row | undefined {
    return this.#statements.of(sql).get(...values) as Row | undefined
  }

  /* oxlint-enable typescript/no-unnecessary-type-parameters */

  /** Gives how many rows were inserted, updated or deleted. */
  run(sql: string, ...values: readonly SqliteValue[]): number {
    return Number(this.#statements.of(sql).run(...values).changes)
  }

  /** A statement that somebody else wrote, to be run within a transaction; its rows are objects. */
  foreign(sql: string): SqliteStatement {
    return this.#foreign.of(sql)
  }

  /** Refuses a connection that somebody else uses for a transaction meanwhile. */
  refuseOpenTransaction(): void {
    if (!this.inTransaction) return
    throw new MisuseError(
      'ANNALS_OPTION',
      'the database given to sqlite() has a transaction open; commit it first, and append inside a ' +
        'transaction of your own with a second connection, as `tx`',
    )
  }

  /** Runs `work` in a transaction that has the right to write from its start. */
  transaction<Result>(work: () => Result): Result {
    this.refuseOpenTransaction()
    this.run('begin immediate')
    try {
      const result = work()
      this.run('commit')
      return result
    } catch (error) {
      // a full disk and the like have rolled back already
      if (this.inTransaction) this.run('rollback')
      throw error
    }
  }

  /** Runs `work` in the open transaction so that a failure leaves nothing of it. */
  savepoint<Result>(work: () => Result): Result {
    this.run('savepoint annals')
    try {
      const result = work()
      this.run('release annals')
      return result
    } catch (error) {
      if (this.inTransaction) {
        this.run('rollback to annals')
        this.run('release annals')
      }
      throw error
    }
  }
}
