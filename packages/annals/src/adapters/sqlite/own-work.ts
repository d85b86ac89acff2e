import { MisuseError } from '../../core/errors.ts'
import type { Own, ProcessorName } from '../../store/ledger.ts'
import type { Connection } from './connection.ts'
import { projectionTable, quoted } from './tables.ts'
import { OpenTransaction } from './transaction.ts'

/** Work of a projection. */
export interface ProjectionWork {
  readonly model: ProcessorName
  readonly run: (own: Own) => unknown
  /** Is told of each table that the work asks the name of. */
  readonly named?: (name: string) => void
}

/** Does the work of a projection in the open transaction; when it fails, that is to be rolled back. */
export function doOwn(connection: Connection, { model, run, named }: ProjectionWork): void {
  const tx = new OpenTransaction(connection)
  const table = (name: string) => {
    named?.(name)
    return quoted(projectionTable(model, name))
  }
  try {
    refuseLater(tx, model, run({ tx, table }))
  } finally {
    tx.end()
    // what the work has caught, and went on, as if a handler had failed
    tx.check()
  }
}

// A transaction that waits would let appends and other work of this connection into it.
function refuseLater(tx: OpenTransaction, { name }: ProcessorName, result: unknown): void {
  if (!isThenable(result)) return
  // what becomes of it changes nothing: it is refused for being one
  if (result instanceof Promise) result.catch(() => undefined)
  const error = new MisuseError(
    'ANNALS_OPTION',
    `projection ${name}: its setup and its handlers must not be async, nor give a promise: a transaction on SQLite is done at ` +
      'once; use tx.run, tx.get, tx.all and tx.execute, which need no await, or a subscription for work outside',
  )
  tx.fail(error)
  throw error
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
