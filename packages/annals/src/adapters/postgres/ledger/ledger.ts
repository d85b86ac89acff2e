import type { Awaitable } from '../../../core/awaitable.ts'
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
} from '../../../store/ledger.ts'
import type { Position, Query, StoredEvent } from '../../../store/store.ts'
import { storeLocks } from '../appending/locks.ts'
import type { Connection, Row, Statement } from '../database.ts'
import { explained } from '../failures.ts'
import type { Settings } from '../options.ts'
import type { Queries } from '../queries.ts'
import { leasesOf, overviewsOf, parkedOf, placesOf, standingsOf } from './answers.ts'
import { committed } from './committing.ts'
import { comparedTables } from './comparing.ts'
import { LedgerQueries } from './ledger-queries.ts'
import { registered } from './registering.ts'
import { recut } from './slicing.ts'
import { turnedInline } from './turning.ts'
import { drop, goLive } from './versions.ts'

/** What a ledger works with. */
export interface LedgerParts {
  readonly settings: Pick<Settings, 'schema' | 'clock'>
  /** Runs a statement in a transaction of its own; its errors are as the driver has them. */
  readonly rows: (statement: Statement) => Promise<readonly Row[]>
  /** Runs work in a transaction; its errors are as the driver has them. */
  readonly transaction: <Result>(
    work: (connection: Connection) => Promise<Result>,
  ) => Promise<Result>
  /** The statements that read events. */
  readonly log: Queries
}

/** The ledger of a PostgreSQL store. */
export class PostgresLedger implements Ledger {
  readonly #parts: LedgerParts
  readonly #queries: LedgerQueries

  constructor(parts: LedgerParts) {
    this.#parts = parts
    this.#queries = new LedgerQueries(parts.settings)
  }

  register(registrations: readonly Registration[]): Promise<void> {
    const { settings, rows, transaction } = this.#parts
    return registered(
      { schema: settings.schema, locks: storeLocks, rows, transaction },
      registrations,
    )
  }

  async tend(tending: Tending): Promise<readonly Standing[]> {
    return standingsOf(await this.#row(this.#queries.tend(tending)))
  }

  async claim(
    slices: readonly SliceName[],
    owner: string,
    term: number,
  ): Promise<readonly Lease[]> {
    return leasesOf(await this.#row(this.#queries.claim(slices, owner, term)))
  }

  async release(leases: readonly Lease[]): Promise<void> {
    await this.#row(this.#queries.release(leases))
  }

  commit(page: Page): Promise<PageDone> {
    const { settings, rows, transaction } = this.#parts
    return committed({ schema: settings.schema, queries: this.#queries, rows, transaction }, page)
  }

  async advance(moves: readonly Move[]): Promise<readonly Move[]> {
    const lost = placesOf(await this.#row(this.#queries.advance(moves)))
    return moves.filter((_, place) => lost.has(place))
  }

  turnInline(
    lease: Lease,
    query: Query,
    handle: (events: readonly StoredEvent[]) => Awaitable<PageWork>,
  ): Promise<boolean> {
    const { settings, transaction, log } = this.#parts
    const turning = { schema: settings.schema, queries: this.#queries, log, transaction }
    return turnedInline(turning, lease, { query, handle })
  }

  recut(processor: ProcessorName): Promise<boolean> {
    const { settings } = this.#parts
    return this.#transaction((connection) => recut(connection, processor, settings))
  }

  goLive(processor: ProcessorName, reached: Position): Promise<boolean> {
    const { settings } = this.#parts
    return this.#transaction((connection) => goLive(connection, settings, processor, reached))
  }

  drop(processor: ProcessorName): Promise<boolean> {
    const { settings } = this.#parts
    return this.#transaction((connection) => drop(connection, settings, processor))
  }

  compareTables(
    from: ProcessorName,
    to: ProcessorName,
    limit: number,
  ): Promise<readonly TableDifference[]> {
    const { schema } = this.#parts.settings
    return this.#transaction((connection) =>
      comparedTables(connection, schema, { from, to, limit }),
    )
  }

  async overview(processors?: readonly ProcessorName[]): Promise<readonly Overview[]> {
    return overviewsOf(await this.#row(this.#queries.overview(processors)))
  }

  async pause(processor: ProcessorName, paused: boolean): Promise<boolean> {
    return (await this.#row(this.#queries.pause(processor, paused))) !== undefined
  }

  async queues(lease: Lease): Promise<readonly QueueName[]> {
    const rows = await this.#rows(this.#queries.queues(lease))
    return rows.map(([tenant, queue]) => ({ tenant: tenant ?? '', queue: queue ?? '' }))
  }

  async due(lease: Lease, limit: number): Promise<readonly Parked[]> {
    return parkedOf(await this.#row(this.#queries.due(lease, limit)))
  }

  async parked(of: ParkedQuery): Promise<readonly Parked[]> {
    return parkedOf(await this.#row(this.#queries.parked(of)))
  }

  async request(parked: ParkedName, request: ParkedRequest): Promise<boolean> {
    return (await this.#row(this.#queries.request(parked, request))) !== undefined
  }

  async #transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    try {
      return await this.#parts.transaction(work)
    } catch (error) {
      throw explained(error)
    }
  }

  async #row(statement: Statement): Promise<Row | undefined> {
    const [row] = await this.#rows(statement)
    return row
  }

  async #rows(statement: Statement): Promise<readonly Row[]> {
    try {
      return await this.#parts.rows(statement)
    } catch (error) {
      throw explained(error)
    }
  }
}
