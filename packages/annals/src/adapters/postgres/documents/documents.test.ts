import pg from 'pg'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../../test/postgres-place.ts'
import type { EventStore } from '../../../store/store.ts'
import {
  carts,
  commit,
  document,
  key,
  take,
  view,
  writing,
} from '../../../testing/contracts/ledger/vocabulary.ts'
import { refused, tenant } from '../../../testing/contracts/store/vocabulary.ts'
import { postgres } from '../index.ts'

const pool = new pg.Pool({ connectionString: serverUrl, max: 1 })
const made: string[] = []
let schema: string
let store: EventStore

beforeEach(() => {
  schema = newSchema()
  made.push(schema)
  store = postgres(pool, { schema })
  return () => store.close()
})

afterAll(async () => {
  for (const name of made) await pool.query(`drop schema if exists "${name}" cascade`)
  await pool.end()
})

test('the documents of a view that nobody has registered are asked for in vain', async () => {
  const where = { all: [] }
  await refused(store.documents.find(carts, key('1')), 'ANNALS_OPTION')
  await refused(store.documents.count(carts, { tenant, where }), 'ANNALS_OPTION')
  await refused(
    store.documents.select(carts, { tenant, where, order: [], limit: 1 }),
    'ANNALS_OPTION',
  )
})

test('documents are written by any keys, many or one', async () => {
  await store.ledger.register([view()])
  const lease = await take(store, 'a')
  const pages = [
    [document('1', { tenant: '', fields: [''] })],
    ['\x1e', 'a', 'a\x1eb', '{}', '"', '\\', ' ', ','].map((name) =>
      document(name, { fields: [name] }),
    ),
    ['x', 'y', 'z'].map((name) => document(name, { tenant: '', fields: [''] })),
  ]
  for (const page of [...pages, ...pages]) {
    const keys = page.map(({ tenant: of, key: name }) => ({ tenant: of, key: name }))
    const seen: unknown[] = []
    const change = (before: (of: (typeof keys)[number]) => unknown) => {
      seen.push(...keys.map((name) => before(name)).filter((found) => found !== undefined))
      return page
    }
    await commit(store, lease, { documents: { model: carts, keys, change } })
    expect(seen.length === 0 || seen.length === page.length).toBe(true)
    for (const { fields: _, ...written } of page)
      expect(await store.documents.find(carts, written)).toEqual(written)
  }
})

test('few of many documents are read where a field has an index', async () => {
  await store.ledger.register([view()])
  const many = Array.from({ length: 3_000 }, (_, n) =>
    document(`${n}`, { fields: [String(n % 1_000).padStart(4, '0')] }),
  )
  await commit(store, await take(store, 'a'), writing(...many))
  await pool.query(`analyze "${schema}".view_carts_v1`)
  const field = { field: 0, descending: true }
  const order = [field, { field: 'key', descending: true }] as const
  const asked = [
    { where: { all: [] }, order },
    { where: { field: 0, in: ['0007'] }, order: [{ field: 'key', descending: false }] },
    { where: { field: 0, from: '0500', before: '0502' }, order },
  ] as const
  for (const query of asked) {
    const before = await reads()
    expect(await store.documents.select(carts, { tenant, limit: 10, ...query })).not.toEqual([])
    expect((await reads()) - before).toBeLessThan(50)
  }
})

/** How many rows and entries of indexes were read so far. */
async function reads(): Promise<number> {
  await pool.query('select pg_stat_force_next_flush()')
  const { rows } = await pool.query<{ read: string }>(
    `select t.seq_tup_read + (select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid) as read
    from pg_stat_user_tables t
    where t.schemaname = $1 and t.relname = 'view_carts_v1'`,
    [schema],
  )
  return Number(rows[0]?.read)
}
