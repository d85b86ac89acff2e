import { misuse } from '../../../core/errors.ts'
import { answered, Unanswered } from './answered.ts'
import type {
  Connection,
  Database,
  DriverRow,
  Listener,
  Listening,
  Row,
  Statement,
} from '../database.ts'
import { isLost, told } from '../failures.ts'
import { hasMethods } from './methods.ts'
import { OnItsWay } from './on-its-way.ts'
import { Line } from './postgres-js-line.ts'

/** A query of `postgres.js`, as far as it is used here. */
export interface PostgresJsQuery extends PromiseLike<unknown> {
  values(): PromiseLike<readonly unknown[]>
}

/** What `sql.begin` of `postgres.js` hands to its callback, as far as it is used here. */
export interface PostgresJsTransaction {
  unsafe(
    text: string,
    values?: unknown[],
    options?: { readonly prepare?: boolean },
  ): PostgresJsQuery
  typed(value: string | null, type: number): unknown
  savepoint<Result>(
    work: (sql: PostgresJsTransaction) => Promise<{ readonly result: Result }>,
  ): Promise<{ readonly result: Result }>
}

/** A `Sql` of `postgres.js`, as far as it is used here. */
export interface PostgresJsSql extends Omit<PostgresJsTransaction, 'savepoint'> {
  begin(options: string, work: (sql: PostgresJsTransaction) => Promise<void>): Promise<unknown>
  listen(
    channel: string,
    notified: (payload: string) => void,
    listening: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>
}

/** How connections of `postgres.js` are used. */
export interface PostgresJsUse {
  /** How long to wait for an answer before a connection counts as lost, in milliseconds. */
  readonly answer: number
  /** Whether connections keep the plans of statements; poolers like PgBouncer may not. */
  readonly prepare: boolean
}

/** A database on the package `postgres`. It stays open: whoever made the `sql` ends it. */
export class PostgresJsDatabase implements Database {
  readonly #sql: PostgresJsSql
  readonly #use: PostgresJsUse
  readonly #running = new OnItsWay()
  readonly #lines = new Map<string, Line>()

  constructor(sql: PostgresJsSql, use: PostgresJsUse) {
    this.#sql = sql
    this.#use = use
  }

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.#running.track(told(rowsOf(this.#sql, statement, this.#use)))
  }

  transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.#running.track(told(this.#transaction(work)))
  }

  async listen(channel: string, listener: Listener): Promise<Listening> {
    const line = this.#lines.get(channel) ?? new Line(this.#sql, channel)
    this.#lines.set(channel, line)
    return line.add(listener)
  }

  async close(): Promise<void> {
    await this.#running.done()
    for (const line of this.#lines.values()) await line.close()
  }

  /** Refuses a `sql` that was told to change what it reads. */
  async checkTexts(): Promise<void> {
    const sent = ' {"snake_case": " 1"} '
    const text = 'select $1::text as given, null::text as nothing'
    const [row] = await this.rows({ text, values: [sent] })
    if (JSON.stringify(row) !== JSON.stringify([sent, null]))
      misuse(
        'postgres: the sql of postgres.js changes the texts it reads, by its options transform or types; give one that does not',
      )
  }

  async #transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const begun = Promise.withResolvers<PostgresJsTransaction>()
    const worked = Promise.withResolvers<void>()
    const ended = this.#sql.begin('isolation level read committed', (sql) => {
      begun.resolve(sql)
      return worked.promise
    })
    ended.catch(begun.reject)
    worked.promise.catch(() => undefined) // where it never began
    try {
      const sql = await answered(begun.promise, this.#use.answer)
      const result = await work(quiet(postgresJsConnection(sql, this.#use)))
      worked.resolve()
      await answered(ended, this.#use.answer)
      return result
    } catch (error) {
      // On a connection that is gone `begin` would send its rollback into nothing, which ends the process
      // (postgres.js 3.4, "Cannot read properties of null"), so there it waits for ever.
      if (isLost(error) && !(error instanceof Unanswered)) throw error
      worked.reject(error)
      await answered(ended, this.#use.answer).catch(() => undefined)
      throw error
    }
  }
}

/** What `sql.begin` handed out, as a connection. */
export function postgresJsConnection(sql: PostgresJsTransaction, use: PostgresJsUse): Connection {
  return {
    rows: (statement) => rowsOf(sql, statement, use),
    run: async (script) => void (await sql.unsafe(script)),
    query: (text, values) => queried(sql, { text, values }, use),
    // `begin` remembers a statement that failed, and rolls all back at its end, unless it was in a savepoint of its own
    savepoint: (work) => inSavepoint(sql, (inner) => work(postgresJsConnection(inner, use))),
  }
}

/** Whether it is a `sql` of `postgres.js`. */
export function isPostgresJsSql(value: unknown): value is PostgresJsSql {
  return hasMethods(value, ['unsafe', 'typed', 'begin', 'listen'])
}

/** Whether it is the `sql` of a transaction of `postgres.js`. */
export function isPostgresJsTransaction(value: unknown): value is PostgresJsTransaction {
  return hasMethods(value, ['unsafe', 'typed', 'savepoint'])
}

async function inSavepoint<Result>(
  sql: PostgresJsTransaction,
  work: (sql: PostgresJsTransaction) => Promise<Result>,
): Promise<Result> {
  const lost = Promise.withResolvers<never>()
  const kept = sql.savepoint(async (inner) => {
    try {
      return { result: await work(inner) }
    } catch (error) {
      if (isLost(error)) lost.reject(error) // the rollback may never be answered
      throw error
    }
  })
  const { result } = await Promise.race([kept, lost.promise])
  return result
}

async function rowsOf(
  sql: Pick<PostgresJsTransaction, 'unsafe' | 'typed'>,
  { text, values, prepared }: Statement,
  { answer, prepare }: PostgresJsUse,
): Promise<readonly Row[]> {
  const given = values.map((value) => sql.typed(value, textType))
  const query = sql.unsafe(text, given, { prepare: prepare && prepared === true })
  // the columns are cast to text, which `checkTexts` found unchanged
  return (await answered(query.values(), answer)) as readonly Row[]
}

async function queried(
  sql: PostgresJsTransaction,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] | undefined },
  { answer }: PostgresJsUse,
): Promise<readonly DriverRow[]> {
  const query = values ? sql.unsafe(text, [...values]) : sql.unsafe(text)
  const result = (await answered(query, answer)) as readonly DriverRow[] | readonly DriverRow[][]
  // a script has a list of results, one for each statement
  const last = result.at(-1)
  return Array.isArray(last) ? last : (result as readonly DriverRow[])
}

/** A connection on which scripts say nothing, since `postgres.js` writes what they say to the console. */
function quiet(connection: Connection): Connection {
  const run = (script: string) =>
    connection.run(`set local client_min_messages to warning; ${script}`)
  return { ...connection, run }
}

// declared, so that no type of the caller's own is asked how to write a value
const textType = 25
