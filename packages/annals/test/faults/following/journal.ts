import { DatabaseSync } from 'node:sqlite'
import process from 'node:process'
import { projection as postgresProjection } from '../../../src/adapters/postgres/index.ts'
import { projection as sqliteProjection } from '../../../src/adapters/sqlite/index.ts'
import type { Processor } from '../../../src/processing/processor.ts'
import { connected } from '../postgres/place.ts'
import type { Handler } from './models.ts'
import { fileOf, type Place } from './place.ts'
import { WalkEvents, type Step } from './walk.ts'

/** A handled event. */
export interface Entry {
  readonly id: string
  readonly walk: string
  readonly number: number
  /** The process that handled it. */
  readonly process: number
  /** When, in milliseconds. */
  readonly at: number
}

interface JournalOptions {
  readonly slices: number
  readonly retry: { readonly attempts: number; readonly backoff: '20ms'; readonly max: '200ms' }
  readonly handle: Handler
}

const columns =
  'id text not null, walk text not null, number integer not null, process integer not null'

/** A projection that writes a row for each time that an event is handled. */
export function journal(place: Place, { handle, ...settings }: JournalOptions): Processor<unknown> {
  if (place.kind === 'SQLite')
    return sqliteProjection('journal', WalkEvents, {
      ...settings,
      setup: (tx, { table }) =>
        tx.run(
          `create table ${table('journal')} (place integer primary key autoincrement, ${columns}, at integer not null)`,
        ),
      Stepped: (event, { tx, table }) =>
        handle(event, () => {
          tx.run(
            `insert into ${table('journal')} (id, walk, number, process, at) values (?, ?, ?, ?, ?)`,
            ...rowOf(event),
          )
        }),
    })
  return postgresProjection('journal', WalkEvents, {
    ...settings,
    setup: (tx, { table }) =>
      tx.query(
        `create table ${table('journal')} (place bigserial primary key, ${columns}, at bigint not null)`,
      ),
    Stepped: (event, { tx, table }) =>
      handle(event, () =>
        tx.query(
          `insert into ${table('journal')} (id, walk, number, process, at) values ($1, $2, $3, $4, $5)`,
          rowOf(event),
        ),
      ),
  })
}

function rowOf({ id, stream, data }: Step): [string, string, number, number, number] {
  return [id, stream.id, data.number, process.pid, Date.now()]
}

/** What the table of the journal holds, read without the store, in the order in which it was written. */
export async function journalAt(place: Place): Promise<readonly Entry[]> {
  const text = 'select id, walk, number, process, at from'
  if (place.kind === 'SQLite') {
    const database = new DatabaseSync(fileOf(place), { readOnly: true })
    try {
      return database.prepare(`${text} journal_v1 order by place`).all() as unknown as Entry[]
    } finally {
      database.close()
    }
  }
  await using client = await connected(place.url)
  const { rows } = await client.query<Entry>(
    `${text.replace(' at', ' at::float8')} "${place.schema}".journal_v1 order by place`,
  )
  return rows
}
