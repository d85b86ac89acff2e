import { readdirSync, readFileSync } from 'node:fs'
import type { Pool } from 'pg'
import { newDraft, parsed } from './annals-postgres.ts'
import { copyRows } from './copy.ts'
import type { JournalKind } from './journal.ts'
import { inPlace, newPool } from './postgres-server.ts'
import type { Contender } from './question.ts'

const migrations = new URL('../../packages/annals/src/adapters/postgres/sql/', import.meta.url)

const columns =
  'position, tenant, category, stream_id, version, id, type, schema_version, data, metadata, tags, at'

/** A prepared insert, a transaction each: no library, no lock, no order that followers could rely on. */
export const bareInserts: JournalKind = bare('bare insert')

/** What a program without a library would read: rows as arrays, `JSON.parse`, and the next page on its way. */
export const bareReads: JournalKind = bare('bare read')

function bare(name: string): JournalKind {
  return {
    name,
    open: async ({ url }) => {
      const pool = newPool(url)
      await bareTables(pool)
      return {
        append: (stream, version, deposits) => insert(pool, stream, { version, deposits }),
        load: (stream) => load(pool, stream),
        pages: (size) => pages(pool, size),
        close: () => pool.end(),
      }
    },
  }
}

/** The tables of Annals without what guards them. */
async function bareTables(pool: Pool): Promise<void> {
  for (const file of readdirSync(migrations).toSorted())
    await pool.query(readFileSync(new URL(file, migrations), 'utf8'))
  await pool.query('alter table events disable trigger all')
}

const read =
  'position, version, id, type, schema_version, data, metadata, tags, extract(epoch from at) * 1000'

type Row = readonly [
  position: string,
  string,
  string,
  string,
  string,
  data: string,
  metadata: string,
]

async function rows(pool: Pool, statement: Statement): Promise<readonly Row[]> {
  const types = { getTypeParser: () => (value: string) => value }
  const result = await pool.query({ ...statement, rowMode: 'array', types })
  // the statement says what its columns hold
  return result.rows as unknown as readonly Row[]
}

interface Statement {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

async function load(pool: Pool, stream: string): Promise<number> {
  let [balance, deposits] = [0, 0]
  const text = `select ${read} from events
    where tenant = '' and category = 'account' and stream_id = $1 order by version`
  for (const [, , , , , data, metadata] of await rows(pool, {
    name: 'load',
    text,
    values: [stream],
  })) {
    balance += parsed(data, metadata)[0].amount
    deposits++
  }
  return balance > 0 ? deposits : 0
}

async function* pages(pool: Pool, size: number): AsyncGenerator<number> {
  const text = `select ${read} from events where position > $1 order by position limit $2`
  const pageAfter = (position: string) =>
    rows(pool, { name: 'page', text, values: [position, size] })
  let next = pageAfter('0')
  for (;;) {
    const page = await next
    const last = page.at(-1)
    if (!last) return
    next = pageAfter(last[0])
    for (const [, , , , , data, metadata] of page) parsed(data, metadata)
    yield page.length
  }
}

function insert(
  pool: Pool,
  stream: string,
  { version, deposits }: { readonly version: number; readonly deposits: number },
): Promise<unknown> {
  const values = Array.from({ length: deposits }, (_, index) => {
    const { id, type, schemaVersion, data, metadata } = newDraft(stream)
    return [stream, version + index + 1, id, type, schemaVersion, data, metadata]
  })
  return pool.query({ name: `insert ${deposits}`, text: insertOf(deposits), values: values.flat() })
}

const texts = new Map<number, string>()

function insertOf(count: number): string {
  const known = texts.get(count)
  if (known) return known
  const values = Array.from({ length: count }, (_, index) => valuesOf(index * 7 + 1))
  const text = `insert into events (${columns}) values ${values.join(', ')}`
  texts.set(count, text)
  return text
}

function valuesOf(first: number): string {
  const values = Array.from({ length: 7 }, (_, place) => `$${first + place}`)
  return `(nextval('events_position'), '', 'account', ${values.join(', ')}, null, clock_timestamp())`
}

const rowsOfCopy = 1_000

/** `copy` of the same rows in batches, on two connections: no answer for each append. */
export const bareCopy: Contender = {
  name: `copy, ${rowsOfCopy.toLocaleString('en')} rows each`,
  open: () =>
    inPlace(async ({ url }) => {
      const pool = newPool(url, 2)
      await bareTables(pool)
      let n = 0
      return {
        stepSize: rowsOfCopy,
        mostCallers: 2,
        step: async () => {
          const lines = Array.from({ length: rowsOfCopy }, () => line(++n))
          const client = await pool.connect()
          await copyRows(client, `events (${columns})`, lines.join(''))
          client.release()
        },
        close: () => pool.end(),
      }
    }),
}

function line(n: number): string {
  const { id, stream, type, schemaVersion, data, metadata } = newDraft(`copied-${n}`)
  const at = new Date().toISOString()
  const fields = [
    n,
    '',
    stream.category,
    stream.id,
    1,
    id,
    type,
    schemaVersion,
    data,
    metadata,
    '\\N',
    at,
  ]
  // the JSON of a deposit has nothing that would need to be escaped
  return `${fields.join('\t')}\n`
}
