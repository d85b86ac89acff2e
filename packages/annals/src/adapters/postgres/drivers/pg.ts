import type {
  Connection,
  Database,
  DriverRow,
  Listener,
  Listening,
  Row,
  Statement,
} from '../database.ts'
import { isLost, unreachable } from '../failures.ts'
import { hasMethods } from './methods.ts'
import { OnItsWay } from './on-its-way.ts'
import { inSavepoint } from './savepoint.ts'

/** A client of `pg`, as far as it is used here. */
export interface PgClient {
  query(query: PgQuery | string): Promise<{ readonly rows: readonly unknown[] }>
}

/** A query of `pg`, as far as it is used here. */
export interface PgQuery {
  readonly name?: string
  readonly text: string
  readonly values?: unknown[]
  readonly rowMode?: 'array'
  readonly types?: { getTypeParser(): (text: string) => string }
  readonly query_timeout?: number
}

/** A `Pool` of `pg`, as far as it is used here. */
export interface PgPool {
  readonly totalCount: number
  connect(): Promise<PgPoolClient>
  end(): Promise<void>
  on(event: 'connect', heard: (client: PgPoolClient) => void): this
  removeListener(event: 'connect', heard: (client: PgPoolClient) => void): this
}

/** A client that a pool lends, as far as it is used here. */
export interface PgPoolClient extends PgClient {
  release(error?: boolean): void
  on(event: 'notification' | 'error' | 'end', heard: (message?: { payload?: string }) => void): this
  removeListener(
    event: 'notification' | 'error' | 'end',
    heard: (message?: { payload?: string }) => void,
  ): this
}

/** How connections of `pg` are used. */
export interface PgUse {
  /** Whether the store made the pool, and ends it. */
  readonly own: boolean
  /** How long to wait for an answer before a connection counts as lost, in milliseconds. */
  readonly answer: number
  /** Whether connections keep the plans of statements; poolers like PgBouncer may not. */
  readonly prepare: boolean
}

/** A database on the package `pg`. */
export class PgDatabase implements Database {
  readonly #pool: PgPool
  readonly #use: PgUse
  readonly #running = new OnItsWay()

  constructor(pool: PgPool, use: PgUse) {
    this.#pool = pool
    this.#use = use
    pool.on('connect', quiet)
  }

  rows(statement: Statement): Promise<readonly Row[]> {
    return this.#lent((client) => rowsOf(client, statement, this.#use))
  }

  transaction<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return this.#lent(async (client) => {
      const run = (text: string) => client.query({ text, query_timeout: this.#use.answer })
      await run('begin isolation level read committed')
      try {
        const result = await work(pgConnection(client, this.#use))
        await run('commit')
        return result
      } catch (error) {
        if (!isLost(error)) await run('rollback')
        throw error
      }
    })
  }

  async listen(channel: string, { notified, lost }: Listener): Promise<Listening> {
    const client = await this.#connect()
    let open = true
    const heard = (message?: { payload?: string }) => notified(message?.payload ?? '')
    const close = (broken: boolean) => {
      if (!open) return
      open = false
      client.removeListener('notification', heard)
      client.release(broken)
    }
    const gone = () => {
      if (!open) return
      close(true)
      lost()
    }
    client.on('notification', heard).on('error', gone).on('end', gone)
    try {
      await client.query(`listen "${channel}"`)
    } catch (error) {
      close(true)
      throw error
    }
    return {
      close: async () => {
        // what a later borrower of the connection hears is not for it
        await client.query(`unlisten "${channel}"`).catch(gone)
        close(false)
      },
    }
  }

  async close(): Promise<void> {
    await this.#running.done()
    this.#pool.removeListener('connect', quiet)
    if (this.#use.own) await this.#pool.end()
  }

  #lent<Result>(work: (client: PgPoolClient) => Promise<Result>): Promise<Result> {
    return this.#running.track(this.#borrow(work))
  }

  async #connect(): Promise<PgPoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw unreachable(error)
    }
  }

  async #borrow<Result>(work: (client: PgPoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#connect()
    // a connection that ends says so twice: to its statement, and by an event that nobody else hears
    client.on('error', ignore)
    let broken = false
    try {
      return await work(client)
    } catch (error) {
      broken = isLost(error)
      throw error
    } finally {
      client.removeListener('error', ignore)
      client.release(broken)
    }
  }
}

/** A client whose transaction is open, as a connection. */
export function pgConnection(client: PgClient, use: Pick<PgUse, 'answer' | 'prepare'>): Connection {
  const connection: Connection = {
    rows: (statement) => rowsOf(client, statement, use),
    run: async (script) => void (await client.query(script)),
    query: (text, values) => queried(client, { text, values }, use),
    savepoint: (work) => inSavepoint(connection, () => work(connection)),
  }
  return connection
}

/** Whether it is a pool of `pg`. */
export function isPgPool(value: unknown): value is PgPool {
  return hasMethods(value, ['connect', 'end', 'query']) && 'totalCount' in value
}

/** Whether it is a client of `pg`. */
export function isPgClient(value: unknown): value is PgClient {
  return hasMethods(value, ['query', 'escapeIdentifier'])
}

async function rowsOf(
  client: PgClient,
  { text, values, prepared }: Statement,
  { answer, prepare }: Pick<PgUse, 'answer' | 'prepare'>,
): Promise<readonly Row[]> {
  const { rows } = await client.query({
    ...(prepared && prepare && { name: nameOf(text) }),
    text,
    values: values as string[], // which it does not change
    rowMode: 'array',
    types: asText,
    query_timeout: answer,
  })
  // with `rowMode` and `types` a row is a list of texts
  return rows as readonly Row[]
}

async function queried(
  client: PgClient,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] | undefined },
  { answer }: Pick<PgUse, 'answer'>,
): Promise<readonly DriverRow[]> {
  const query = { text, query_timeout: answer, ...(values && { values: [...values] }) }
  const result: unknown = await client.query(query)
  // a script has a list of results, one for each statement
  const last: unknown = Array.isArray(result) ? result.at(-1) : result
  return (last as { readonly rows: readonly DriverRow[] }).rows
}

const ignore = () => undefined

// an error that comes while a client changes hands has no other listener, and would end the process
const quiet = (client: PgPoolClient) => void client.on('error', ignore)

const asText = { getTypeParser: () => (text: string) => text }

const names = new Map<string, string>()

/** A name for each text that connections keep: few, and the same in all of them. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known) return known
  const name = `annals_${names.size}`
  names.set(text, name)
  return name
}
