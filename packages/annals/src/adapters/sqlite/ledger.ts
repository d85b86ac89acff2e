import type { Awaitable } from '../../core/awaitable.ts'
import type {
  Lease,
  Ledger,
  Move,
  Overview,
  Page,
  PageDone,
  PageWork,
  Parked,
  ParkedName,
  ParkedQuery,
  ParkedRequest,
  ProcessorName,
  QueueName,
  Registration,
  SliceName,
  Standing,
  TableDifference,
  Tending,
} from '../../store/ledger.ts'
import { leaseLost } from '../../store/refusals.ts'
import type { Position, Query, StoredEvent } from '../../store/store.ts'
import type { Access } from './access.ts'
import { comparedTables } from './comparing.ts'
import type { Connection } from './connection.ts'
import { following } from './following.ts'
import { turn } from './inline.ts'
import { advance, checkpointOf, claim, countSlices, recut, release } from './leases.ts'
import { doPage } from './page-work.ts'
import { listParked, ParkedEvents, requestParked } from './parked.ts'
import { lastPosition } from './recording.ts'
import { isRegistered, register } from './registering.ts'
import { overview, tend } from './standings.ts'
import { drop, goLive } from './versions.ts'

const setPaused = `
  update annals_processors
  set paused = ?
  where name = ? and version = ?`

const isParkedOf = 'select 1 from annals_parked where name = ? and version = ? limit 1'

const isPaused = `
  select paused
  from annals_processors
  where name = ? and version = ?`

/**
 * Where the followers of a SQLite database keep how far they are. Each write is one transaction that has the right to
 * write from its start, so nothing comes between what it checks and what it writes.
 */
export class SqliteLedger implements Ledger {
  readonly #access: Access
  readonly #now: () => number

  /** `now` gives the time in milliseconds. */
  constructor(access: Access, now: () => number) {
    this.#access = access
    this.#now = now
  }

  async register(registrations: readonly Registration[]): Promise<void> {
    // a transaction of the caller may hold the file, and mostly there is nothing to write
    const missing = await this.#access((connection) =>
      registrations.filter((registration) => !isRegistered(connection, registration)),
    )
    if (missing.length === 0) return
    await this.#write((connection) => {
      for (const registration of missing) register(connection, registration)
    })
  }

  tend(tending: Tending): Promise<readonly Standing[]> {
    return this.#write((connection, now) => tend(connection, tending, now))
  }

  claim(slices: readonly SliceName[], owner: string, term: number): Promise<readonly Lease[]> {
    return this.#write((connection, now) =>
      slices.flatMap((slice) => claim(connection, slice, { owner, now, expires: now + term })),
    )
  }

  release(leases: readonly Lease[]): Promise<void> {
    return this.#write((connection) => {
      for (const lease of leases) release(connection, lease)
    })
  }

  commit(page: Page): Promise<PageDone> {
    return this.#write((connection, now) => {
      // first, since work that cannot be kept need not be done
      if (!advance(connection, page)) throw leaseLost(page.lease)
      return doPage(connection, page.lease, { ...page, now })
    })
  }

  advance(moves: readonly Move[]): Promise<readonly Move[]> {
    return this.#write((connection) => moves.filter((move) => !advance(connection, move)))
  }

  async turnInline(
    lease: Lease,
    query: Query,
    handle: (events: readonly StoredEvent[]) => Awaitable<PageWork>,
  ): Promise<boolean> {
    const rest = await this.#access((connection) => {
      const after = heldCheckpoint(connection, lease)
      const last = lastPosition(connection)
      const { events, until } = following(connection, query, { after })
      return until < last ? undefined : { events, after, until }
    })
    if (!rest) return false
    const { events, after, until } = rest
    const work = events.length > 0 ? await handle(events) : {}
    return this.#write((connection, now) => {
      const isSame =
        heldCheckpoint(connection, lease) === after && lastPosition(connection) === until
      if (!isSame || !canTurn(connection, lease)) return false
      doPage(connection, lease, { ...work, now })
      turn(connection, lease, until)
      return true
    })
  }

  recut(processor: ProcessorName): Promise<boolean> {
    return this.#write((connection, now) => recut(connection, processor, now))
  }

  goLive(processor: ProcessorName, reached: Position): Promise<boolean> {
    return this.#write((connection, now) => goLive(connection, processor, { reached, now }))
  }

  drop(processor: ProcessorName): Promise<boolean> {
    return this.#write((connection, now) => drop(connection, processor, now))
  }

  compareTables(
    from: ProcessorName,
    to: ProcessorName,
    limit: number,
  ): Promise<readonly TableDifference[]> {
    return this.#access((connection) =>
      connection.transaction(() => comparedTables(connection, { from, to }, limit)),
    )
  }

  overview(processors?: readonly ProcessorName[]): Promise<readonly Overview[]> {
    return this.#access((connection) => overview(connection, processors, this.#now()))
  }

  pause({ name, version }: ProcessorName, paused: boolean): Promise<boolean> {
    return this.#write((connection) => connection.run(setPaused, paused ? 1 : 0, name, version) > 0)
  }

  queues(lease: Lease): Promise<readonly QueueName[]> {
    return this.#access((connection) => this.#parked(connection, lease).queues(lease))
  }

  due(lease: Lease, limit: number): Promise<readonly Parked[]> {
    return this.#access((connection) => this.#parked(connection, lease).due(lease, limit))
  }

  parked(of: ParkedQuery): Promise<readonly Parked[]> {
    return this.#access((connection) => listParked(connection, of))
  }

  request(parked: ParkedName, request: ParkedRequest): Promise<boolean> {
    return this.#write((connection) => requestParked(connection, parked, request))
  }

  #write<Result>(work: (connection: Connection, now: number) => Result): Promise<Result> {
    return this.#access((connection) => connection.transaction(() => work(connection, this.#now())))
  }

  #parked(connection: Connection, processor: ProcessorName): ParkedEvents {
    return new ParkedEvents(connection, processor, this.#now())
  }
}

function heldCheckpoint(connection: Connection, lease: Lease): Position {
  const position = checkpointOf(connection, lease)
  if (position === undefined) throw leaseLost(lease)
  return position
}

// who runs a slice among others cannot speak for all, what somebody has stopped must not go on by itself, and appends
// would not wait behind what is parked
function canTurn(connection: Connection, lease: Lease): boolean {
  const { name, version } = lease
  const paused = connection.row<[number]>(isPaused, name, version)?.[0]
  return (
    countSlices(connection, lease) === 1 &&
    paused === 0 &&
    connection.row(isParkedOf, name, version) === undefined
  )
}
