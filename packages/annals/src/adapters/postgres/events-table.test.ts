import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../test/postgres-place.ts'
import { append, drafts, everything, tagged } from '../../testing/contracts/store/vocabulary.ts'
import { postgres } from './index.ts'

const pool = new pg.Pool({ connectionString: serverUrl })
const schema = newSchema()
const store = postgres(pool, { schema })

beforeAll(async () => {
  await append(store, drafts({ category: 'cart', id: '1' }, 2))
  await append(store, [tagged('course:ts', 'student:ann')])
})

afterAll(async () => {
  await store.close()
  await pool.query(`drop schema "${schema}" cascade`)
  await pool.end()
})

test.each([
  ['an update', `update "${schema}".events set data = '{}'`, /takes no update/],
  ['a delete', `delete from "${schema}".events`, /takes no delete/],
  ['a truncation', `truncate "${schema}".events`, /takes no truncate/],
  [
    'an insert that is not stamped',
    `insert into "${schema}".events select nextval('"${schema}".events_position'), tenant, category, stream_id,
      version + 10, gen_random_uuid(), type, schema_version, data, metadata, tags, at from "${schema}".events`,
    /are appended by append_events only/,
  ],
])('%s by anybody is refused, and changes nothing', async (_, sql, message) => {
  const before = await everything(store)
  await expect(pool.query(sql)).rejects.toThrow(message)
  expect(await everything(store)).toEqual(before)
})

test('a transaction that says so may change events', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query(`set local annals.events_may_change = 'yes'`)
  await client.query(`update "${schema}".events set data = '"erased"' where version = 2`)
  await client.query('commit')
  client.release()
  expect((await everything(store)).map(({ data }) => data === '"erased"')).toEqual([
    false,
    true,
    false,
  ])
})

test('events can be asked for by what they say, in SQL', async () => {
  const { rows } = await pool.query(
    `select e.data ->> 'sku' as sku from "${schema}".events e
      join "${schema}".event_tags t using (position) where t.tag = 'student:ann'`,
  )
  expect(rows).toHaveLength(1)
})
