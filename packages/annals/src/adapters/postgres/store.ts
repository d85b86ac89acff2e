import { UnavailableError } from '../../core/errors.ts'
import { admit, checkStream } from '../../store/admission.ts'
import { closed, firstResult } from '../../store/refusals.ts'
import { Watch } from '../../store/watch.ts'
import type {
  Append,
  Appended,
  EventStore,
  OnceKey,
  Position,
  Query,
  ReadOptions,
  Remembered,
  Settled,
  StoredEvent,
} from '../../store/store.ts'
import { Announcer, Ear } from './announcing.ts'
import { statementOf } from './appending/batch.ts'
import type { Connection, Database, Row, Statement } from './database.ts'
import { explained, isLockTimeout, isReusedId } from './failures.ts'
import { GroupCommit } from './appending/group-commit.ts'
import { checkMigrated, migrate } from './migrations.ts'
import { databaseOf, joined, type PostgresTransaction } from './driver.ts'
import type { Settings } from './options.ts'
import { outcomesOf, type Outcome } from './appending/outcomes.ts'
import { planned, type Planned, type Sent } from './appending/plan.ts'
import { eventOf, Queries } from './queries.ts'
import { reading } from './reading.ts'
import { shared } from './shared.ts'

interface InTransaction {
  readonly tx?: PostgresTransaction
}

/** What runs statements: the database, or a connection with a transaction open. */
type Runner = Pick<Connection, 'rows'>

/** The event store in a schema of a PostgreSQL database. */
export class PostgresStore implements EventStore<PostgresTransaction> {
  readonly can = { transactions: true }
  readonly #connect: () => Promise<Database>
  readonly #connectToListen: (() => Promise<Database>) | undefined
  readonly #settings: Settings
  readonly #queries: Queries
  readonly #commits: GroupCommit
  readonly #announcer: Announcer
  readonly #watch: Watch
  readonly #ear: Ear
  readonly #settledRows: () => Promise<readonly Row[]>
  #epoch: string | undefined
  /** Settled for ever, in this epoch. */
  #reached: Position = 0
  #database: Promise<Database> | undefined
  #closing: Promise<void> | undefined
  #listening: Promise<Database> | undefined

  constructor(database: unknown, settings: Settings) {
    this.#connect = databaseOf(database, settings)
    const { listen } = settings
    this.#connectToListen = listen === undefined ? undefined : databaseOf(listen, settings)
    this.#settings = settings
    this.#queries = new Queries(settings.schema)
    this.#commits = new GroupCommit({
      send: async (batch, patience) => this.#send(await this.#opened(), batch, patience),
      known: async (append) => this.#known(await this.#opened(), append),
      held: (sent, cause) => this.#held(sent, cause),
      timeout: settings.timeout,
    })
    this.#settledRows = shared(() => this.#rows(this.#queries.settledPosition))
    this.#announcer = new Announcer(async () => {
      const [row] = await this.#rows(this.#queries.announcement)
      return row?.[0] === 'true'
    })
    this.#watch = new Watch({
      ask: async () => (await this.settled()).position,
      listen: async () => this.#ear.open(await this.#opened(), await this.#line()),
      poll: 250,
    })
    this.#ear = new Ear(this.#queries, {
      notified: (position) => this.#watch.heard(this.#reach(Number(position))),
      lost: () => {
        this.#watch.forget()
        this.#watch.heard()
      },
    })
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
    return this.#appendWithin(joined(tx, this.#settings), append)
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

  async settled({ tx }: InTransaction = {}): Promise<Settled> {
    this.#checkOpen()
    const [row] = tx ? await this.#rows(this.#queries.ownPosition, tx) : await this.#settledRows()
    const settled = { position: Number(row?.[0]), epoch: row?.[1] ?? '' }
    if (tx) return settled
    if (this.#epoch !== undefined && settled.epoch !== this.#epoch) this.#reached = 0
    this.#epoch = settled.epoch
    return { ...settled, position: this.#reach(settled.position) }
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

  // A stamp may lie below what was settled before it was taken, since its place is read a moment earlier. It holds
  // nothing of that back, and who was told of a position must be able to read up to it.
  #reach(position: Position): Position {
    this.#reached = Math.max(this.#reached, position)
    return this.#reached
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

  async #send(
    runner: Runner,
    batch: readonly Sent[],
    patience?: number,
  ): Promise<readonly Outcome[]> {
    const { schema, keepOnce, clock } = this.#settings
    const statement = statementOf(batch, {
      schema,
      keepOnce,
      ...(patience !== undefined && { patience }),
      ...(clock && { at: clock().getTime() }),
    })
    const [row] = await runner.rows(statement)
    return outcomesOf(batch, row)
  }

  async #appendWithin(connection: Connection, append: Append, again = false): Promise<Appended> {
    try {
      return await connection.savepoint((inner) => this.#settle(inner, append, again))
    } catch (error) {
      if (isReusedId(error) && !again) return this.#appendWithin(connection, append, true)
      throw isLockTimeout(error) ? await this.#held(planned(append), error) : explained(error)
    }
  }

  async #settle(connection: Connection, append: Append, again: boolean): Promise<Appended> {
    const { timeout } = this.#settings
    const [outcome] = await this.#send(connection, [{ ...planned(append), again }], timeout)
    if (outcome?.kind === 'done') return outcome.appended
    if (outcome?.kind === 'refused') return outcome.refuse()
    return this.#known(connection, append)
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
    const database = await this.#opened()
    const runner = tx ? joined(tx, this.#settings) : database
    try {
      return await runner.rows(statement)
    } catch (error) {
      throw explained(error)
    }
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

  #checkOpen(): void {
    if (this.#closing) throw closed()
  }
}
