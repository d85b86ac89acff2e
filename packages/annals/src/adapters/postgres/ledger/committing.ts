import { UnavailableError } from '../../../core/errors.ts'
import type { DocumentWork, Lease, Page, PageDone } from '../../../store/ledger.ts'
import { leaseLost } from '../../../store/refusals.ts'
import type { Connection, Row, Statement } from '../database.ts'
import { documentsOf, documentsUnder } from '../documents/changing.ts'
import { explained, isLeaseLost, isLost, isUnfit } from '../failures.ts'
import { callers, projecting, Thrown } from '../projecting/own.ts'
import { viewTable } from '../tables.ts'
import { parkedOf } from './answers.ts'
import type { LedgerQueries, PageWriting } from './ledger-queries.ts'

/** What a page is committed with. */
export interface Committing {
  readonly schema: string
  readonly queries: LedgerQueries
  // errors of both are as the driver has them
  /** Runs a statement in a transaction of its own. */
  readonly rows: (statement: Statement) => Promise<readonly Row[]>
  readonly transaction: <Result>(
    work: (connection: Connection) => Promise<Result>,
  ) => Promise<Result>
}

type Rows = Committing['rows']

/**
 * Does the work of a page and moves its checkpoint. Where no projection writes, that is one reading of the documents and one
 * statement in a transaction of its own: it is refused unless the lease is the newest, and then nobody else has changed
 * what was read.
 */
export async function committed(parts: Committing, page: Page): Promise<PageDone> {
  const { lease, own } = page
  let written = false
  try {
    if (!own) return await handled(parts.rows, parts, page)
    return await parts.transaction(async (connection) => {
      const done = await committedWithin(connection, parts, page)
      written = true
      return done
    })
  } catch (error) {
    if (error instanceof Thrown) throw error.cause
    if (isLeaseLost(error)) throw leaseLost(lease)
    // What a projection did must not be done again, so the slice begins anew from its checkpoint, whatever that is. Who
    // claims it waits until the transaction has ended.
    if (written && isLost(error)) throw outcomeUnknown(lease, error)
    // the event that made it is to blame, and not the program
    throw isUnfit(error) ? error : explained(error)
  }
}

/** The same in a transaction that is open, which has to be rolled back where it fails. */
export async function committedWithin(
  connection: Connection,
  parts: Pick<Committing, 'schema' | 'queries'>,
  page: Page,
): Promise<PageDone> {
  const { own } = page
  const rows: Rows = (statement) => connection.rows(statement)
  if (!own) return handled(rows, parts, page)
  const projected = { schema: parts.schema, model: own.model }
  return handled(rows, parts, page, () => projecting(connection, projected, own.run))
}

async function handled(
  rows: Rows,
  { schema, queries }: Pick<Committing, 'schema' | 'queries'>,
  { lease, position, documents, parks = [], settles = [] }: Page,
  project?: () => Promise<void>,
): Promise<PageDone> {
  const changed = documents && (await changedBy(documents, rows, schema))
  await project?.()
  const [row] = await rows(
    queries.commit({ lease, position, parks, settles, ...(changed && { documents: changed }) }),
  )
  return { next: parkedOf(row) }
}

async function changedBy(
  { model, keys, change }: DocumentWork,
  rows: Rows,
  schema: string,
): Promise<NonNullable<PageWriting['documents']>> {
  const table = viewTable(schema, model)
  const found = keys.length > 0 ? await rows(documentsUnder(schema, table, keys)) : []
  const before = documentsOf(keys, found)
  return { table, changes: await callers(() => change(before)) }
}

function outcomeUnknown({ name, first, last }: Lease, cause: unknown): UnavailableError {
  return new UnavailableError(
    'ANNALS_LEASE_LOST',
    `the connection to PostgreSQL was lost while a page of ${name} (hashes ${first} to ${last}) was being committed; ` +
      'whoever claims the slice goes on from its checkpoint',
    { cause },
  )
}
