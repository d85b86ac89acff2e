import type { Awaitable } from '../../../core/awaitable.ts'
import type { Lease, PageWork } from '../../../store/ledger.ts'
import { leaseLost } from '../../../store/refusals.ts'
import type { Query, StoredEvent } from '../../../store/store.ts'
import { storeLocks } from '../appending/locks.ts'
import type { Connection } from '../database.ts'
import { explained, isLeaseLost, isLockTimeout } from '../failures.ts'
import { pageUpTo } from '../following.ts'
import { texts, Values } from '../parameters.ts'
import { callers, Thrown } from '../projecting/own.ts'
import type { Queries } from '../queries.ts'
import { committedWithin, type Committing } from './committing.ts'

/** What a processor is made inline with. */
export interface Turning extends Pick<Committing, 'schema' | 'queries' | 'transaction'> {
  /** The statements that read events. */
  readonly log: Queries
}

/** What is to be handled before, and how. */
export interface Rest {
  readonly query: Query
  readonly handle: (events: readonly StoredEvent[]) => Awaitable<PageWork>
}

// For how many milliseconds it waits for a lock. Appends wait behind it, and who was the owner may hold documents of the view
// while it waits for the checkpoint.
const patience = 50

/** Makes a processor inline while no append is on its way; false where that cannot be now, or too much is left. */
export async function turnedInline(turning: Turning, lease: Lease, rest: Rest): Promise<boolean> {
  try {
    return await turning.transaction((connection) => turned(connection, turning, { lease, rest }))
  } catch (error) {
    const cause = error instanceof Thrown ? error.cause : error
    if (isLockTimeout(cause)) return false
    if (error instanceof Thrown) throw cause
    throw isLeaseLost(error) ? leaseLost(lease) : explained(error)
  }
}

async function turned(
  connection: Connection,
  { schema, queries, log }: Turning,
  { lease, rest: { query, handle } }: { readonly lease: Lease; readonly rest: Rest },
): Promise<boolean> {
  const after = await checkpointOf(connection, schema, lease)
  if (after === undefined || !(await keptOut(connection, schema))) return false
  const [own] = await connection.rows(log.ownPosition)
  const [position, epoch] = [Number(own?.[0]), own?.[1] ?? '']
  const rows: Committing['rows'] = (statement) => connection.rows(statement)
  const { events, until } = await pageUpTo({ queries: log, rows }, query, {
    after,
    position,
    epoch,
  })
  if (until < position) return false
  const work = events.length > 0 ? await callers(() => handle(events)) : {}
  await committedWithin(connection, { schema, queries }, { ...work, lease, position })
  await turn(connection, schema, lease)
  return true
}

/**
 * The checkpoint of a processor that can be made inline, whose rows are locked then: first, so that appends are not kept
 * out while somebody else has them. A processor with parked events cannot, since appends would not wait behind them.
 */
async function checkpointOf(
  connection: Connection,
  schema: string,
  lease: Lease,
): Promise<number | undefined> {
  const values = new Values()
  const { name, version, first, owner, token } = lease
  const text = `select c.position::text as position,
      (c.token = ${values.bigint(token)} and c.owner = ${values.text(owner)}
        and c.epoch = "${schema}".current_epoch())::text as held,
      (
        not p.paused
        and not exists (
          select from "${schema}".checkpoints o
          where o.name = p.name and o.version = p.version and o.first <> c.first
        )
        and not exists (select from "${schema}".parked w where w.name = p.name and w.version = p.version)
      )::text as ready
    from "${schema}".processors p
    join "${schema}".checkpoints c on c.name = p.name and c.version = p.version
    where p.name = ${values.text(name)} and p.version = ${values.text(version)} and c.first = ${values.integer(first)}
    for no key update of p, c nowait`
  const [row] = await connection.rows(values.statement(text, false))
  const [position, held, ready] = row ?? []
  if (held !== 'true') throw leaseLost(lease)
  return ready === 'true' ? Number(position) : undefined
}

/** Whether no append is on its way, and none comes until the transaction ends, which has little patience from then on. */
export async function keptOut(connection: Connection, schema: string): Promise<boolean> {
  const [row] = await connection.rows({
    text: `select "${schema}".keep_appends_out($1::text::text[], $2::text::integer)::text as alone,
      set_config('lock_timeout', $2::text, true)`,
    values: [texts(storeLocks), String(patience)],
  })
  return row?.[0] === 'true'
}

async function turn(connection: Connection, schema: string, lease: Lease): Promise<void> {
  const values = new Values()
  const named = `name = ${values.text(lease.name)} and version = ${values.text(lease.version)}`
  const text = `with turned as (update "${schema}".processors set mode = 'inline' where ${named})
    update "${schema}".checkpoints
    set owner = null, expires = null, token = token + 1
    where ${named}`
  await connection.rows(values.statement(text, false))
}
