import { dirname } from 'node:path'
import pg from 'pg'
import { flushLatency } from './conditions.ts'
import { serverUrl } from './postgres-server.ts'

/** What a PostgreSQL server is like that figures were taken on. */
export interface ServerConditions {
  readonly version: string
  readonly settings: Readonly<Record<string, string>>
  /** Milliseconds of a write of 4 kB and its flush beside its data; unknown of a server on another machine. */
  readonly flush?: number
}

const settings = [
  'fsync',
  'synchronous_commit',
  'shared_buffers',
  'max_wal_size',
  'wal_level',
  'autovacuum',
]

/** The server's conditions, or why there is none. */
export async function serverConditions(): Promise<ServerConditions | string> {
  const client = new pg.Client({ connectionString: serverUrl })
  try {
    await client.connect()
  } catch (error) {
    return `no server at ${new URL(serverUrl).host}: ${String(error)}`
  }
  try {
    const show = async (name: string): Promise<string> => {
      const { rows } = await client.query<[string]>({ text: `show ${name}`, rowMode: 'array' })
      return rows[0]?.[0] ?? ''
    }
    const found: Record<string, string> = {}
    for (const name of settings) found[name] = await show(name)
    const flush = flushBeside(await show('data_directory'))
    return {
      version: await show('server_version'),
      settings: found,
      ...(flush !== undefined && { flush }),
    }
  } finally {
    await client.end()
  }
}

function flushBeside(data: string): number | undefined {
  try {
    return flushLatency(dirname(data))
  } catch {
    return undefined // the data is somewhere else, or not ours to write beside
  }
}
