import { misuse } from '../../../core/errors.ts'
import type { Connection, DriverRow } from '../database.ts'
import { hasMethods } from './methods.ts'
import { ormTransaction, textRows, type OrmTransaction } from './orm-transaction.ts'

/** A transaction of Drizzle on PostgreSQL, as far as it is used here. */
export interface DrizzleTransaction {
  execute(query: string): PromiseLike<unknown>
  transaction<Result>(work: (tx: DrizzleTransaction) => Promise<Result>): Promise<Result>
  rollback(): never
}

/**
 * A transaction of Drizzle, on any driver, for what is appended in it together with what Drizzle writes:
 * `app.with({ tx: drizzleTx(tx) })`.
 */
export function drizzleTx(tx: DrizzleTransaction): OrmTransaction {
  if (!hasMethods(tx, ['execute', 'transaction', 'rollback']))
    misuse('drizzleTx takes the transaction that Drizzle gives to the callback of db.transaction()')
  return ormTransaction('Drizzle', connectionOf(tx))
}

function connectionOf(tx: DrizzleTransaction): Connection {
  return {
    rows: async ({ text, values }) => textRows(await execute(tx, text, values)),
    run: async (script) => void (await execute(tx, script)),
    query: (text, values) => execute(tx, text, values),
    savepoint: (work) => unwrapped(tx.transaction((inner) => work(connectionOf(inner)))),
  }
}

async function execute(
  tx: DrizzleTransaction,
  sql: string,
  params: readonly unknown[] = [],
): Promise<readonly DriverRow[]> {
  return rowsOf(await unwrapped(tx.execute(compiled(sql, params))))
}

/** A query that is compiled already, by the two methods that Drizzle calls on one. */
function compiled(sql: string, params: readonly unknown[]): string {
  const query = { getSQL: () => query, toQuery: () => ({ sql, params: [...params] }) }
  // not a text: `execute` takes a `SQLWrapper` too, whose types only Drizzle's own classes have
  return query as unknown as string
}

/** The rows of a result, which is a list with postgres.js and has one with other drivers; of a script there may be none. */
function rowsOf(result: unknown): readonly DriverRow[] {
  if (Array.isArray(result)) return result as readonly DriverRow[]
  return (result as { readonly rows?: readonly DriverRow[] }).rows ?? []
}

/** Says what the driver said, which Drizzle wraps with the query and its parameters. */
async function unwrapped<Result>(work: PromiseLike<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    const wrapped = error instanceof Error && 'query' in error && 'params' in error
    throw wrapped && error.cause ? error.cause : error
  }
}
