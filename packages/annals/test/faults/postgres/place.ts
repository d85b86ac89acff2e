import { randomUUID } from 'node:crypto'
import { env } from 'node:process'
import pg from 'pg'
import { postgres, type PostgresOptions } from '../../../src/adapters/postgres/index.ts'
import { factCategory } from '../../../src/core/aggregate.ts'
import type { Append, Draft, StreamName } from '../../../src/store/store.ts'
import type { KeptEvent } from './history.ts'

/** Where stores keep their events: a schema of a database. */
export interface Place {
  readonly url: string
  readonly schema: string
}

/** A store of PostgreSQL. */
export type Store = ReturnType<typeof postgres>

let made = 0

/** A place that is empty, in a database. */
export function newPlace(url: string): Place {
  return { url, schema: `annals_${++made}` }
}

/** A store at a place, with connections of its own. */
export function storeAt(place: Place, options: PostgresOptions = {}): Store {
  return postgres(place.url, { schema: place.schema, ...options })
}

/** An event with an id of its own. */
export function draft(stream: StreamName, tags: readonly string[] = []): Draft {
  const id = randomUUID()
  return { id, stream, type: 'Written', schemaVersion: 1, data: '{}', metadata: '{}', tags }
}

/** A fact: it begins a stream of its own. */
export function fact(tags: readonly string[]): Draft {
  const drafted = draft({ category: factCategory, id: randomUUID() }, tags)
  return { ...drafted, id: drafted.stream.id }
}

/** An append of some events, under no condition. */
export function appendOf(...drafts: readonly Draft[]): Append {
  return { tenant: '', drafts }
}

/** The name of a stream as histories have it. */
export function nameOf({ category, id }: StreamName): string {
  return `${category}/${id}`
}

/** What the table of events holds, read without the store. */
export async function keptAt({ url, schema }: Place): Promise<readonly KeptEvent[]> {
  await using client = await connected(url)
  const { rows } = await client.query<
    Record<'id' | 'stream' | 'position' | 'version', string> & { tags: string[] }
  >(
    `select id, category || '/' || stream_id as stream, position, version, coalesce(tags, '{}') as tags
      from "${schema}".events order by position`,
  )
  return rows.map(({ position, version, ...row }) => ({
    ...row,
    position: Number(position),
    version: Number(version),
  }))
}

/** A connection that ends with its scope, and takes the time that it needs. */
export async function connected(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url, options: '-c statement_timeout=0' })
  client.on('error', () => undefined) // whoever uses it next is told
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** How much of something a test does: little in every run, much in the long form. */
export function amount(short: number, long: number): number {
  return env['ANNALS_FAULTS'] === 'long' ? long : short
}

/** For a test that takes long in its long form. */
export const lasting = { timeout: amount(180_000, 3_600_000) }
