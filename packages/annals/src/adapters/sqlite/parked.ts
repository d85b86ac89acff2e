import type {
  HashRange,
  Parked,
  ParkedName,
  ParkedQuery,
  ParkedRequest,
  Parking,
  ProcessorName,
  QueueName,
} from '../../store/ledger.ts'
import type { Position } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { joined, text, type Sql } from './sql-text.ts'

type ParkedRow = readonly [
  name: string,
  version: string,
  tenant: string,
  queue: string,
  position: number,
  hash: number,
  eventId: string,
  type: string,
  attempts: number,
  error: string | null,
  at: number,
  next: number | null,
  request: ParkedRequest | null,
]

const columns =
  'name, version, tenant, queue, position, hash, event_id, type, attempts, error, at, next, request'

/** Whether the head of a queue, of the table `p`, is due; the parameter is the time. */
export const isDue = '(p.next <= ? or p.request is not null or p.attempts = 0)'

const first = `
  select ${columns}
  from annals_parked
  where name = ? and version = ? and tenant = ? and queue = ?
  order by position
  limit 1`

const put = `
  insert into annals_parked
    (name, version, tenant, queue, position, hash, event_id, type, attempts, error, at, next, request, head)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?)
  on conflict (name, version, tenant, queue, position) do update
  set attempts = excluded.attempts, error = excluded.error, next = excluded.next, request = null`

const setHead = `
  update annals_parked
  set head = ?
  where name = ? and version = ? and tenant = ? and queue = ? and position = ?`

const take = `
  delete from annals_parked
  where name = ? and version = ? and tenant = ? and queue = ? and position = ?`

const note = `
  update annals_parked
  set request = ?
  where name = ? and version = ? and tenant = ? and queue = ? and position = ?`

const dueHeads = `
  select ${columns}
  from annals_parked p
  where p.name = ? and p.version = ? and p.hash between ? and ? and p.head = 1 and ${isDue}
  order by p.position, p.tenant, p.queue
  limit ?`

const queuesOfHeads = `
  select tenant, queue
  from annals_parked
  where name = ? and version = ? and hash between ? and ? and head = 1`

/** What a processor has put aside, as it is at one time. */
export class ParkedEvents {
  readonly #connection: Connection
  readonly #processor: readonly [name: string, version: string]
  readonly #now: number

  constructor(connection: Connection, { name, version }: ProcessorName, now: number) {
    this.#connection = connection
    this.#processor = [name, version]
    this.#now = now
  }

  park(parking: Parking): void {
    const { tenant, queue, position, hash, eventId, type, attempts, error, delay } = parking
    const head = this.first(parking)?.position
    const leads = head === undefined || position <= head
    if (leads && head !== undefined && head !== position) this.#setHead(parking, head, 0)
    this.#connection.run(
      put,
      ...this.#processor,
      tenant,
      queue,
      position,
      hash,
      eventId,
      type,
      attempts,
      error ?? null,
      this.#now,
      delay === undefined ? null : this.#now + delay,
      leads ? 1 : 0,
    )
  }

  /** Takes an event away; who is next in its queue becomes its head. */
  settle(settled: QueueName & { readonly position: Position }): void {
    const { tenant, queue, position } = settled
    this.#connection.run(take, ...this.#processor, tenant, queue, position)
    const head = this.first(settled)
    if (head) this.#setHead(settled, head.position, 1)
  }

  /** The first event of a queue. */
  first({ tenant, queue }: QueueName): Parked | undefined {
    const row = this.#connection.row<ParkedRow>(first, ...this.#processor, tenant, queue)
    return row && parkedOf(row)
  }

  due(hashes: HashRange, limit: number): readonly Parked[] {
    const rows = this.#connection.rows<ParkedRow>(
      dueHeads,
      ...this.#processor,
      hashes.first,
      hashes.last,
      this.#now,
      limit,
    )
    return rows.map(parkedOf)
  }

  queues(hashes: HashRange): readonly QueueName[] {
    const rows = this.#connection.rows<[string, string]>(
      queuesOfHeads,
      ...this.#processor,
      hashes.first,
      hashes.last,
    )
    return rows.map(([tenant, queue]) => ({ tenant, queue }))
  }

  #setHead({ tenant, queue }: QueueName, position: Position, head: 0 | 1): void {
    this.#connection.run(setHead, head, ...this.#processor, tenant, queue, position)
  }
}

/** Parked events in the order of their positions. */
export function listParked(connection: Connection, of: ParkedQuery): readonly Parked[] {
  const { sql, values } = joined(' ', [
    text(`select ${columns} from annals_parked where`),
    joined(' and ', conditionsOf(of)),
    text('order by position, name, version, tenant, queue limit ?', of.limit),
  ])
  return connection.rows<ParkedRow>(sql, ...values).map(parkedOf)
}

/** Notes what somebody asks for; false when there is no such event. */
export function requestParked(
  connection: Connection,
  { name, version, tenant, queue, position }: ParkedName,
  request: ParkedRequest,
): boolean {
  return connection.run(note, request, name, version, tenant, queue, position) > 0
}

function conditionsOf({ processor, queue, after }: ParkedQuery): readonly Sql[] {
  return [
    text('true'),
    ...(processor ? [text('name = ? and version = ?', processor.name, processor.version)] : []),
    ...(queue ? [text('tenant = ? and queue = ?', queue.tenant, queue.queue)] : []),
    ...(after ? [isAfter(after)] : []),
  ]
}

function isAfter({ position, name, version, tenant, queue }: ParkedName): Sql {
  const place = '(position, name, version, tenant, queue)'
  return text(`${place} > (?, ?, ?, ?, ?)`, position, name, version, tenant, queue)
}

function parkedOf(row: ParkedRow): Parked {
  const [name, version, tenant, queue, position, hash, eventId, type, attempts, ...state] = row
  const [error, at, next, request] = state
  return {
    name,
    version,
    tenant,
    queue,
    position,
    hash,
    eventId,
    type,
    attempts,
    ...(error !== null && { error }),
    at: new Date(at),
    next: next === null ? undefined : new Date(next),
    request: request ?? undefined,
  }
}
