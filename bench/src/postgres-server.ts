import pg from 'pg'
import { cpuOfServer } from './postgres-cpu.ts'
import type { Crew, Subject } from './question.ts'

/** The server that the contenders on PostgreSQL share. */
export const serverUrl =
  process.env['ANNALS_BENCH_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/** Where a contender has its tables. */
export interface Where {
  readonly schema: string
  /** A URL of which every connection finds the tables of the schema. */
  readonly url: string
}

/** A schema of a contender's own. */
export interface Place extends Where {
  /** CPU time of the server so far, in microseconds; unknown of one on another machine. */
  readonly serverCpu?: () => number
  readonly query: (text: string, values?: unknown[]) => Promise<readonly (readonly unknown[])[]>
  /** Has the planner know what the tables hold; a server in use does so by itself now and then. */
  analyze(): Promise<void>
  remove(): Promise<void>
}

let made = 0

/** A contender at work in a new schema, which is dropped when it closes. */
export async function inPlace<S extends Subject | Crew>(
  open: (place: Place) => Promise<S>,
): Promise<S> {
  const place = await newPlace()
  try {
    const opened = await open(place)
    return {
      ...opened,
      ...(place.serverCpu && { serverCpu: place.serverCpu }),
      close: async () => {
        await opened.close()
        await place.remove()
      },
    }
  } catch (error) {
    await place.remove()
    throw error
  }
}

async function newPlace(): Promise<Place> {
  database ??= createDatabase()
  const inDatabase = await database
  const schema = `bench_${made++}`
  const url = new URL(inDatabase)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const client = await connect(url.href)
  const query = async (text: string, values?: unknown[]) =>
    (await client.query<unknown[]>({ text, ...(values && { values }), rowMode: 'array' })).rows
  await query(`create schema "${schema}"`)
  const [row] = await query('select pg_backend_pid()')
  const serverCpu = cpuOfServer(Number(row?.[0]), url.pathname.slice(1))
  return {
    schema,
    url: url.href,
    ...(serverCpu && { serverCpu }),
    query,
    analyze: async () => {
      const tables = await query('select tablename from pg_tables where schemaname = $1', [schema])
      for (const [table] of tables) await query(`analyze "${String(table)}"`)
    },
    remove: async () => {
      await query('set client_min_messages = warning')
      await query(`drop schema "${schema}" cascade`)
      await client.end()
    },
  }
}

let database: Promise<string> | undefined

// a database of its own tells the connections of this run from those of others who use the server
async function createDatabase(): Promise<string> {
  const name = `annals_bench_${process.pid}`
  const client = await connect(serverUrl)
  for (const left of await leftovers(client))
    await client.query(`drop database "${left}" with (force)`)
  await client.query(`create database "${name}"`)
  await client.end()
  const url = new URL(serverUrl)
  url.pathname = name
  return url.href
}

/** Takes away what the contenders of this process had in common. */
export async function dropDatabase(): Promise<void> {
  const url = await database
  if (url === undefined) return
  database = undefined
  const client = await connect(serverUrl)
  await client.query(`drop database "${new URL(url).pathname.slice(1)}" with (force)`)
  await client.end()
}

/** The databases of runs that were stopped. */
async function leftovers(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly datname: string }>(
    `select datname from pg_database where datname ~ '^annals_bench_[0-9]+$'`,
  )
  return rows.map(({ datname }) => datname).filter((name) => !runs(Number(name.split('_').at(-1))))
}

function runs(id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch {
    return id === process.pid
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

/** A pool of the size that every contender has. */
export function newPool(url: string, max = 10): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max, idleTimeoutMillis: 0 })
  pool.on('error', () => undefined)
  return pool
}
