import type { Connection, Database, Row, Statement } from '../database.ts'
import type { Settings } from '../options.ts'
import { statementOf } from './batch.ts'
import { documentsOf, keep } from './keeping.ts'
import { outcomesOf, type Outcome } from './outcomes.ts'
import { changesModels, type Sent } from './plan.ts'

/** How a batch is sent. */
export interface Sending {
  readonly settings: Settings
  /** For how many milliseconds to wait for locks; without it an append that does not get them is busy. */
  readonly patience?: number
}

/** What runs statements: the database, or a connection with a transaction open. */
interface Runner {
  rows(statement: Statement): Promise<readonly Row[]>
}

/** Sends appends in a statement of their own, or a transaction where they change models. */
export async function sent(
  database: Database,
  batch: readonly Sent[],
  sending: Sending,
): Promise<readonly Outcome[]> {
  if (batch.some(changesModels))
    return database.transaction((connection) => sentWithin(connection, batch, sending))
  const { outcomes } = await asked(database, batch, sending)
  return outcomes
}

/** Sends appends in the transaction of a connection. */
export async function sentWithin(
  connection: Connection,
  batch: readonly Sent[],
  sending: Sending,
): Promise<readonly Outcome[]> {
  const answered = await asked(connection, batch, sending)
  await keep(connection, batch, answered)
  return answered.outcomes
}

const none: ReturnType<typeof documentsOf> = new Map()

async function asked(runner: Runner, batch: readonly Sent[], { settings, patience }: Sending) {
  const { schema, keepOnce, clock } = settings
  const documents = batch.some(changesModels) ? documentsOf(batch) : none
  const statement = statementOf(batch, {
    schema,
    keepOnce,
    documents,
    ...(patience !== undefined && { patience }),
    ...(clock && { at: clock().getTime() }),
  })
  const [row] = await runner.rows(statement)
  return { row, outcomes: outcomesOf(batch, row), documents, schema }
}
