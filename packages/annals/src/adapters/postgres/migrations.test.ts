import pg from 'pg'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../test/postgres-place.ts'
import { append, draft, everything } from '../../testing/contracts/store/vocabulary.ts'
import { migrationScript, postgres } from './index.ts'

const pool = new pg.Pool({ connectionString: serverUrl })
const made: string[] = []
let schema: string

beforeEach(() => {
  schema = newSchema()
  made.push(schema)
})

afterAll(async () => {
  for (const name of made) await pool.query(`drop schema if exists "${name}" cascade`)
  await pool.end()
})

test('ten stores that start at once on connections of their own all find the tables', async () => {
  const stores = Array.from({ length: 10 }, () => postgres(serverUrl, { schema }))
  await Promise.all(
    stores.map((store, number) => append(store, [draft({ category: 'starter', id: `${number}` })])),
  )
  expect(await everything(stores[0] as (typeof stores)[number])).toHaveLength(10)
  for (const store of stores) await store.close()
})

test('a newer version that broke nothing is used, and one that broke something is refused', async () => {
  await postgres(pool, { schema }).settled()
  await pool.query(`insert into "${schema}".migrations (name, breaks) values ('901-newer', false)`)
  await append(postgres(pool, { schema }), [draft({ category: 'cart', id: '1' })])
  await pool.query(
    `insert into "${schema}".migrations (name, breaks) values ('902-breaking', true)`,
  )
  const refused = postgres(pool, { schema }).settled()
  await expect(refused).rejects.toMatchObject({ code: 'ANNALS_NEWER_DATABASE' })
  await expect(refused).rejects.toThrow(/902-breaking\); upgrade the package annals/)
})

test('a start that is cut off leaves nothing, and the next one begins again', async () => {
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
    `annals migrations ${schema}`,
  ])
  const store = postgres(pool, { schema })
  const starting = store.settled().catch((error: unknown) => error)
  await ended('select pg_advisory_xact_lock(hashtextextended')
  expect(await starting).toMatchObject({ code: 'ANNALS_UNAVAILABLE' })
  await holder.query('commit')
  holder.release()
  expect(await store.settled()).toMatchObject({ position: 0 })
  await store.close()
})

test('tables can be made by hand, again and again, and the store then makes none', async () => {
  const store = postgres(pool, { schema, migrate: false })
  await expect(store.settled()).rejects.toThrow(
    `the schema ${schema} lacks 001-events, 002-order, 003-append, 004-ledger; run npx annals migrate, or what migrationScript('${schema}') gives`,
  )
  await pool.query(migrationScript(schema))
  await pool.query(migrationScript(schema))
  await append(store, [draft({ category: 'cart', id: '1' })])
  expect(await everything(postgres(pool, { schema }))).toHaveLength(1)
})

test('a schema of another name is another store', async () => {
  const other = newSchema()
  made.push(other)
  await append(postgres(pool, { schema }), [draft({ category: 'cart', id: '1' })])
  expect(await everything(postgres(pool, { schema: other }))).toEqual([])
})

/** Ends the connection that waits in a statement that begins with these words. */
async function ended(words: string): Promise<void> {
  const text = `select pg_terminate_backend(pid) from pg_stat_activity
    where starts_with(query, $1) and wait_event_type = 'Lock' and pid <> pg_backend_pid()`
  while (!(await pool.query(text, [words])).rowCount);
}
