import type { Awaitable } from '../../../core/awaitable.ts'
import type { Own, ProcessorName } from '../../../store/ledger.ts'
import type { Connection } from '../database.ts'
import { isAborted, isBlameless } from '../failures.ts'
import { projectionTable } from '../tables.ts'
import { ProjectionTransaction, use } from './transaction.ts'

/** Whose tables a projection writes. */
export interface Projected {
  readonly schema: string
  readonly model: ProcessorName
}

/**
 * What the caller's own work threw, on its way out of a savepoint or a transaction: a driver could take its words for
 * those of a connection that was lost.
 */
export class Thrown extends Error {
  constructor(cause: unknown) {
    super('work of the caller failed', { cause })
  }
}

/** Runs work of the caller; what it throws is told from what the database says. */
export async function callers<Result>(work: () => Awaitable<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw new Thrown(error)
  }
}

/**
 * Runs what a projection does, in the transaction of a connection. Its failure is `Thrown`, unless the database is to blame
 * for it, by a lost connection or a deadlock. A statement that failed fails the work, though a handler has caught it.
 */
export async function projecting(
  connection: Connection,
  { schema, model }: Projected,
  work: (own: Own) => Awaitable<unknown>,
): Promise<void> {
  const tx = new ProjectionTransaction()
  const failures: Failures = {}
  use(tx, noting(connection, failures))
  try {
    await callers(() => work({ tx, table: (name) => projectionTable(schema, model, name) }))
    if (failures.first) throw new Thrown(failures.first.error)
  } catch (error) {
    throw failures.blameless ?? error
  } finally {
    use(tx, undefined)
  }
}

/** What went wrong on a connection. */
interface Failures {
  /** What ended the transaction: all statements after it are refused. */
  first?: { readonly error: unknown }
  /** What is nobody's fault. */
  blameless?: unknown
}

/** A connection that notes what fails, and says it again where later statements are refused. */
function noting(connection: Connection, failures: Failures): Connection {
  const noted = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work
    } catch (error) {
      failures.first ??= { error }
      if (isBlameless(error)) failures.blameless ??= error
      throw isAborted(error) ? failures.first.error : error
    }
  }
  return {
    rows: (statement) => noted(connection.rows(statement)),
    run: (script) => noted(connection.run(script)),
    query: (text, values) => noted(connection.query(text, values)),
    savepoint: async (work) => {
      const { first } = failures
      try {
        return await noted(connection.savepoint((inner) => work(noting(inner, failures))))
      } finally {
        // what failed inside was rolled back
        if (first) failures.first = first
        else delete failures.first
      }
    },
  }
}
