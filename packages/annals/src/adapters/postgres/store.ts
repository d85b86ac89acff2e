import { UnavailableError } from '../../core/errors.ts'
import { admit, checkStream } from '../../store/admission.ts'
import type { Migrations } from '../../store/migrations.ts'
import { closed, firstResult } from '../../store/refusals.ts'
import type { StoreNote } from '../../store/observer.ts'
import { Watch } from '../../store/watch.ts'
import type {
  Append,
  Appended,
  EventStore,
  Followed,
  FollowOptions,
  OnceKey,
  Position,
  Query,
  ReadOptions,
  Remembered,
  Settled,
  StoredEvent,
  Watermark,
} from '../../store/store.ts'
import { Announcer, Ear } from './announcing.ts'
import type { Connection, Database, Row, Statement } from './database.ts'
import { PostgresDocuments } from './documents/documents.ts'
import { explained, isLockTimeout, isLost, isReusedId } from './failures.ts'
import { following } from './following.ts'
import { GroupCommit } from './appending/group-commit.ts'
import { PostgresLedger, type LedgerParts } from './ledger/ledger.ts'
import { checkMigrated, migrate, migrationScript } from './migrations.ts'
import { databaseOf, joined, type PostgresTransaction } from './driver.ts'
import type { Settings } from './options.ts'
import { Thrown } from './projecting/own.ts'
import { handingOver, planned, type Planned, type Sent } from './appending/plan.ts'
import { sent, sentWithin } from './appending/sending.ts'
import type { Outcome } from './appending/outcomes.ts'
import { eventOf, Queries } from './queries.ts'
import { reading } from './reading.ts'
import { SettledPosition } from './settled-position.ts'

// A process that is stopped, or cut off, in the middle of a page would hold what its successor needs for hours. The server
// ends such a transaction after this.
const endedWhenIdle = "set local idle_in_transaction_session_timeout = '10s'"

interface InTransaction {
  readonly tx?: PostgresTransaction
}

/** What runs statements: the database, or a connection with a transaction open. */
type Runner = Pick<Connection, 'rows'>

/** Rolls back an append that does not keep all that is inline, with the locks that it has taken. */
class NotKept extends Error {}

/** The event store in a schema of a PostgreSQL database. */
export class PostgresStore implements EventStore<PostgresTransaction> {
  readonly can = { transactions: true }
  readonly ledger: PostgresLedger
  readonly documents: PostgresDocuments
  readonly migrations: Migrations = {
    apply: () => this.#migrate(),
    script: () => migrationScript(this.#settings.schema),
  }
  readonly #connect: () => Promise<Database>
  readonly #connectToListen: (() => Promise<Database>) | undefined
  readonly #settings: Settings
  readonly #queries: Queries
  readonly #commits: GroupCommit
  readonly #announcer: Announcer
  readonly #watch: Watch
  readonly #ear: Ear
  readonly #settled: SettledPosition
  #database: Promise<Database> | undefined
  #closing: Promise<void> | undefined
  #listening: Promise<Database> | undefined
  #noted: ((note: StoreNote) => void) | undefined

  constructor(database: unknown, settings: Settings) {
    this.#connect = databaseOf(database, settings)
    const { listen } = settings
    this.#connectToListen = listen === undefined ? undefined : databaseOf(listen, settings)
    this.#settings = settings
    this.#queries = new Queries(settings.schema)
    this.#commits = new GroupCommit({
      send: async (batch, patience) => {
        const outcomes = await sent(await this.#opened(), batch, {
          settings,
          ...(patience !== undefined && { patience }),
        })
        this.#noteBatch(outcomes)
        return outcomes
      },
      known: async (append) => this.#known(await this.#opened(), append),
      held: (late, cause) => this.#held(late, cause),
      timeout: settings.timeout,
    })
    this.#settled = new SettledPosition(async () => {
      const [row] = await this.#rows(this.#queries.settledPosition)
      return row
    })
    this.#announcer = new Announcer(async () => {
      const [row] = await this.#rows(this.#queries.announcement)
      return row?.[0] === 'true'
    })
    this.#watch = new Watch({
      // what a follower could read, and no more: after a lost connection the log may be shorter than it was
      ask: async () => (await this.#settled.beyond(Infinity)).position,
      listen: async () => this.#ear.open(await this.#opened(), await this.#line()),
      poll: 250,
    })
    this.ledger = new PostgresLedger(this.#ledgerParts())
    this.documents = new PostgresDocuments(settings.schema, async (statement, tx) => {
      this.#checkOpen()
      return this.#ask(statement, tx)
    })
    this.#ear = new Ear(this.#queries, {
      notified: (position) => this.#watch.heard(this.#settled.heard(Number(position))),
      lost: () => {
        this.#forget()
        this.#watch.heard()
      },
    })
  }

  /** What the ledger works with. */
  #ledgerParts(): LedgerParts {
    return {
      settings: this.#settings,
      rows: async (statement) => {
        this.#checkOpen()
        return this.#ask(statement)
      },
      transaction: async (work) => {
        this.#checkOpen()
        const database = await this.#opened()
        return this.#heeding(
          database.transaction(async (connection) => {
            await connection.run(endedWhenIdle)
            return work(connection)
          }),
        )
      },
      log: this.#queries,
    }
  }

  async append(
    append: Append,
    { tx, signal }: InTransaction & { readonly signal?: AbortSignal } = {},
  ): Promise<Appended> {
    signal?.throwIfAborted()
    this.#checkOpen()
    admit(append)
    if (!tx) {
      const appended = await this.#commits.append(append, signal)
      this.#announcer.committed()
      return appended
    }
    await this.#opened()
    const sending = { ...planned(append), again: false, handsOver: false }
    return this.#appendWithin(joined(tx, this.#settings), sending)
  }

  async *read(
    query: Query,
    { tx, ...options }: ReadOptions<PostgresTransaction> = {},
  ): AsyncGenerator<readonly StoredEvent[]> {
    options.signal?.throwIfAborted()
    this.#checkOpen()
    const rows = (statement: Statement) => {
      this.#checkOpen()
      return this.#rows(statement, tx)
    }
    const settled = async () => (tx ? Number.MAX_SAFE_INTEGER : (await this.settled()).position)
    yield* reading({ queries: this.#queries, rows, settled }, query, options)
  }

  async follow(query: Query, options: FollowOptions): Promise<Followed> {
    options.signal?.throwIfAborted()
    this.#checkOpen()
    const rows = (statement: Statement) => {
      this.#checkOpen()
      return this.#rows(statement)
    }
    return following({ queries: this.#queries, rows, settled: this.#settled }, query, options)
  }

  async settled({ tx }: InTransaction = {}): Promise<Settled> {
    this.#checkOpen()
    if (!tx) return this.#settled.now()
    const [row] = await this.#rows(this.#queries.ownPosition, tx)
    return { position: Number(row?.[0]), epoch: row?.[1] ?? '' }
  }

  async watermark(): Promise<Watermark> {
    this.#checkOpen()
    const [row] = await this.#rows(this.#queries.watermark)
    const [position, head, epoch, holders] = row ?? []
    return {
      epoch: epoch ?? '',
      position: Number(position),
      head: Number(head),
      holders: JSON.parse(holders ?? '[]') as Watermark['holders'], // as the function of the schema makes it
    }
  }

  async wake(after: Position, signal: AbortSignal): Promise<Position> {
    return this.#watch.wait(after, signal)
  }

  async remembered(
    tenant: string,
    once: OnceKey,
    { tx }: InTransaction = {},
  ): Promise<Remembered | undefined> {
    this.#checkOpen()
    checkStream(once.stream)
    const { keepOnce, clock } = this.#settings
    const kept = { now: clock?.().getTime(), keepOnce }
    const [row] = await this.#rows(this.#queries.remembered(tenant, once, kept), tx)
    if (!row) return undefined
    const [fingerprint, version, events, position] = row
    return {
      fingerprint: fingerprint ?? '',
      version: Number(version),
      events: Number(events),
      position: Number(position),
    }
  }

  observe(noted: (note: StoreNote) => void): void {
    this.#noted = noted
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#commits.drained()
    await this.#announcer.close()
    await this.#watch.close()
    await this.#ear.close()
    const line = await this.#listening?.catch(() => undefined)
    await line?.close()
    // an opening that failed was told to those who asked
    const database = await this.#database?.catch(() => undefined)
    await database?.close()
  }

  #noteBatch(outcomes: readonly Outcome[]): void {
    if (!this.#noted) return
    this.#noted({ kind: 'batch', appends: outcomes.length })
    const busy = outcomes.filter(({ kind }) => kind === 'busy').length
    if (busy > 0) this.#noted({ kind: 'busy', appends: busy })
  }

  async #appendWithin(connection: Connection, sending: Sent): Promise<Appended> {
    try {
      return await connection.savepoint((inner) => this.#settle(inner, sending))
    } catch (error) {
      if (error instanceof NotKept) return this.#appendWithin(connection, handingOver(sending))
      if (error instanceof Thrown) throw error.cause
      if (isReusedId(error) && !sending.again)
        return this.#appendWithin(connection, { ...sending, again: true })
      throw isLockTimeout(error) ? await this.#held(sending, error) : explained(error)
    }
  }

  async #settle(connection: Connection, sending: Sent): Promise<Appended> {
    const settings = this.#settings
    const [outcome] = await sentWithin(connection, [sending], {
      settings,
      patience: settings.timeout,
    })
    if (outcome?.kind === 'done') return outcome.appended
    if (outcome?.kind === 'refused') return outcome.refuse()
    if (outcome?.kind === 'inline') throw new NotKept()
    return this.#known(connection, sending.append)
  }

  async #known(runner: Runner, { tenant, drafts }: Append): Promise<Appended> {
    const rows = await runner.rows(this.#queries.byId(drafts.map(({ id }) => id)))
    const stored = new Map(rows.map((row) => eventOf(row)).map((event) => [event.id, event]))
    const events = firstResult(
      tenant,
      drafts,
      drafts.map(({ id }) => stored.get(id)),
    )
    if (!events)
      throw new UnavailableError(
        'ANNALS_UNAVAILABLE',
        'the events of the append were removed meanwhile; send it again',
      )
    return { events, position: events.at(-1)?.position ?? 0 }
  }

  /** Names who holds what an append waits for. */
  async #held({ locks }: Planned, cause: unknown): Promise<Error> {
    const { timeout } = this.#settings
    const rows = await this.#rows(this.#queries.holders([...locks.keys()])).catch(() => [])
    const [pid, state, seconds, query] = rows[0] ?? []
    const who = pid === null ? 'a' : `the connection ${pid},`
    const last = query ? `, last with ${JSON.stringify(query.slice(0, 200))}` : ''
    const holder = rows[0] ? `: ${who} ${state}, for ${Math.round(Number(seconds))} s${last}` : ''
    return new UnavailableError(
      'ANNALS_TIMEOUT',
      `another transaction held what the append needs for more than ${timeout} ms${holder}; end that transaction, ` +
        'or, where it is one of this program, append inside it with `tx`',
      { cause },
    )
  }

  async #rows(statement: Statement, tx?: PostgresTransaction): Promise<readonly Row[]> {
    try {
      return await this.#ask(statement, tx)
    } catch (error) {
      throw explained(error)
    }
  }

  /** Runs a statement; its errors are as the driver has them. */
  async #ask(statement: Statement, tx?: PostgresTransaction): Promise<readonly Row[]> {
    const database = await this.#opened()
    const runner = tx ? joined(tx, this.#settings) : database
    return this.#heeding(runner.rows(statement))
  }

  /** Forgets what a connection told when it is lost. */
  async #heeding<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (error) {
      if (isLost(error)) this.#forget()
      throw error
    }
  }

  #forget(): void {
    this.#settled.forget()
    this.#watch.forget()
  }

  /** Where to listen: on the database itself, unless another way to it was given. */
  #line(): Promise<Database> {
    if (!this.#connectToListen) return this.#opened()
    this.#listening ??= this.#connectToListen()
    return this.#listening
  }

  #opened(): Promise<Database> {
    this.#database ??= this.#open().catch((error: unknown) => {
      this.#database = undefined // the next use tries again
      throw explained(error)
    })
    return this.#database
  }

  async #open(): Promise<Database> {
    const database = await this.#connect()
    try {
      const { schema, migrate: mayMigrate } = this.#settings
      await (mayMigrate ? migrate : checkMigrated)(database, schema)
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  }

  /** On connections of its own, since those of a store that was told not to migrate refuse a schema that is not there. */
  async #migrate(): Promise<readonly string[]> {
    this.#checkOpen()
    try {
      const database = await this.#connect()
      try {
        return await migrate(database, this.#settings.schema)
      } finally {
        await database.close()
      }
    } catch (error) {
      throw explained(error)
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw closed()
  }
}
