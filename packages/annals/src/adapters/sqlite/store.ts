import { admit, admitFollow, checkStream } from '../../store/admission.ts'
import type { Migrations } from '../../store/migrations.ts'
import { closed } from '../../store/refusals.ts'
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
import type { InTransaction } from './access.ts'
import type { Connection } from './connection.ts'
import { SqliteDocuments } from './documents.ts'
import type { SqliteDatabase } from './driver.ts'
import { following } from './following.ts'
import { GroupCommit } from './group-commit.ts'
import { checkTransaction, explainOpening, joining } from './joining.ts'
import { SqliteLedger } from './ledger.ts'
import { migrate, ownMigrations } from './migrations.ts'
import { OnceKeys } from './once.ts'
import { opened } from './opening.ts'
import type { Settings } from './options.ts'
import { patiently } from './patience.ts'
import { reading } from './reading.ts'
import { lastPosition, Recording, takeWriteLock } from './recording.ts'

/** Where a store has its database from. */
export interface Source {
  /** The file that the store opens, and closes, itself. */
  readonly path: string | undefined
  readonly open: () => SqliteDatabase
}

/** The event store on one SQLite file. */
export class SqliteStore implements EventStore<SqliteDatabase> {
  readonly can = { transactions: true }
  readonly ledger: SqliteLedger
  readonly documents: SqliteDocuments
  readonly migrations: Migrations = {
    // every use of the file makes its tables, so there is no script for those who would make them by hand
    apply: async () => {
      this.#checkOpen()
      const isOpen = this.#own !== undefined
      await this.#opened()
      return isOpen ? [] : this.#applied
    },
  }
  readonly #source: Source
  readonly #settings: Settings
  readonly #commits: GroupCommit
  // other processes append to the file too, and say nothing
  readonly #watch = new Watch({ ask: async () => (await this.settled()).position, poll: 250 })
  readonly #joined = new WeakMap<SqliteDatabase, Connection>()
  /** The migrations that opening the file has applied. */
  #applied: readonly string[] = []
  #own: Promise<Connection> | undefined
  #closing: Promise<void> | undefined
  #noted: ((note: StoreNote) => void) | undefined

  constructor(source: Source, settings: Settings) {
    this.#source = source
    this.#settings = settings
    this.ledger = new SqliteLedger(
      (work) => this.#access(work),
      () => this.#now(),
    )
    this.documents = new SqliteDocuments((work, where) => this.#access(work, where))
    this.#commits = new GroupCommit({
      connection: () => this.#opened(),
      recording: (connection) => this.#recording(connection),
      timeout: settings.timeout,
      noted: (note) => this.#noted?.(note),
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
      this.#watch.heard(appended.position)
      return appended
    }
    const joined = await this.#connection(tx)
    return patiently(joined.file, { timeout: this.#settings.timeout, signal }, () =>
      joined.savepoint(() => {
        takeWriteLock(joined)
        const outcome = this.#recording(joined).append(append)
        if ('error' in outcome) throw outcome.error
        return outcome.appended
      }),
    )
  }

  async *read(
    query: Query,
    { tx, ...options }: ReadOptions<SqliteDatabase> = {},
  ): AsyncGenerator<readonly StoredEvent[]> {
    options.signal?.throwIfAborted()
    const connection = await this.#connection(tx)
    yield* reading(
      {
        connection: () => {
          this.#checkOpen()
          return connection
        },
        timeout: this.#settings.timeout,
      },
      query,
      options,
    )
  }

  async follow(query: Query, options: FollowOptions): Promise<Followed> {
    options.signal?.throwIfAborted()
    this.#checkOpen()
    admitFollow(query, options)
    return this.#access((connection) => following(connection, query, options))
  }

  async settled(where: InTransaction = {}): Promise<Settled> {
    // a commit is the only writer, so whatever can be read is settled
    return this.#access(
      (connection) => ({ epoch: connection.epoch, position: lastPosition(connection) }),
      where,
    )
  }

  async watermark(): Promise<Watermark> {
    const settled = await this.settled()
    return { ...settled, head: settled.position, holders: [] }
  }

  async wake(after: Position, signal: AbortSignal): Promise<Position> {
    return this.#watch.wait(after, signal)
  }

  async remembered(
    tenant: string,
    once: OnceKey,
    where: InTransaction = {},
  ): Promise<Remembered | undefined> {
    checkStream(once.stream)
    return this.#access((connection) => {
      const keys = new OnceKeys(connection, this.#now(), this.#settings.keepOnce)
      return keys.remembered(tenant, once)
    }, where)
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
    await this.#watch.close()
    // what was given open stays open; an opening that failed was told to those who asked
    if (this.#source.path === undefined) return
    const connection = await this.#own?.catch(() => undefined)
    connection?.database.close()
  }

  async #access<Result>(
    work: (connection: Connection) => Result,
    { tx }: InTransaction = {},
  ): Promise<Result> {
    const connection = await this.#connection(tx)
    return this.#patiently(connection, () => {
      this.#checkOpen()
      return work(connection)
    })
  }

  async #connection(tx: SqliteDatabase | undefined): Promise<Connection> {
    this.#checkOpen()
    const own = await (tx
      ? this.#opened().catch((error) => explainOpening(error, tx))
      : this.#opened())
    this.#checkOpen()
    if (!tx) return own
    checkTransaction(own, tx)
    const joined = this.#joined.get(tx) ?? joining(own, tx)
    this.#joined.set(tx, joined)
    return joined
  }

  #opened(): Promise<Connection> {
    this.#own ??= this.#open().catch((error: unknown) => {
      // the next use tries again
      this.#own = undefined
      throw error
    })
    return this.#own
  }

  async #open(): Promise<Connection> {
    const { path, open } = this.#source
    const migrations = ownMigrations()
    const database = await this.#patiently({ file: path ?? 'the database' }, open)
    try {
      return await this.#patiently({ file: path ?? 'the database' }, () => {
        const connection = opened(database, path)
        this.#applied = migrate(connection, migrations)
        return connection
      })
    } catch (error) {
      if (path !== undefined) database.close()
      throw error
    }
  }

  #patiently<Result>({ file }: { file: string }, work: () => Result): Promise<Result> {
    return patiently(file, { timeout: this.#settings.timeout }, work)
  }

  #recording(connection: Connection): Recording {
    return new Recording(connection, { now: this.#now(), keepOnce: this.#settings.keepOnce })
  }

  #now(): number {
    return this.#settings.clock().getTime()
  }

  #checkOpen(): void {
    if (this.#closing) throw closed()
  }
}
