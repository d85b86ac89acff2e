import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../test/postgres-place.ts'
import type { EventStore, Query, StoredEvent } from '../../store/store.ts'
import {
  append,
  cart,
  draft,
  drafts,
  everything,
  tenant,
} from '../../testing/contracts/store/vocabulary.ts'
import { postgres } from './index.ts'

const pool = new pg.Pool({ connectionString: serverUrl, max: 4 })
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

const everyEvent: Query = { tenant: undefined, filters: [{}] }
const megabytes = (count: number) => count * 1024 * 1024

/** The pages from the beginning of the log. */
async function pages(query: Query, limit?: number): Promise<(readonly StoredEvent[])[]> {
  const found: (readonly StoredEvent[])[] = []
  const { position } = await store.settled()
  for (let after = 0; after < position;) {
    const { events, until } = await store.follow(query, { after, ...(limit && { limit }) })
    expect(until).toBeGreaterThan(after)
    found.push(events)
    after = until
  }
  return found
}

function sizeOf(page: readonly StoredEvent[]): number {
  return page.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
}

test.each([
  { kind: 'that the server compresses', text: (size: number) => 'x'.repeat(size) },
  {
    kind: 'that the server cannot compress',
    text: (size: number) => randomBytes(size / 2).toString('hex'),
  },
])('a page of large events $kind ends where there are 8 MB of them', async ({ text }) => {
  for (let turn = 0; turn < 10; turn++)
    await append(store, [
      draft(cart(`${turn}`), { data: JSON.stringify(text(megabytes(1))) }),
      draft(cart(`${turn}`), { data: '1', metadata: JSON.stringify(text(megabytes(1))) }),
      ...drafts(cart('small'), 10),
    ])
  const all = await everything(store)
  for (const query of [
    everyEvent,
    { tenant, filters: [{ types: [...new Set(all.map(({ type }) => type))] }] },
  ]) {
    const found = await pages(query)
    expect(found.flat()).toEqual(all)
    for (const page of found) expect(sizeOf(page)).toBeLessThan(megabytes(9.5))
    expect(found.length).toBeLessThan(5)
  }
})

test('an event that is larger than a page is a page', async () => {
  const data = JSON.stringify('x'.repeat(megabytes(12)))
  const large = draft(cart('1'), { data })
  await append(store, [...drafts(cart('1'), 2), large, draft(cart('1'))])
  await append(store, [{ ...large, id: crypto.randomUUID() }])
  const found = await pages(everyEvent)
  expect(found.flat()).toEqual(await everything(store))
  expect(found.map((page) => page.length)).toEqual([4, 1])
})

test('events with tags are followed by way of their tags', async () => {
  await append(store, [
    draft(cart('1'), { tags: ['a'], data: JSON.stringify('x'.repeat(50_000)) }),
    draft(cart('2')),
    draft(cart('3'), { tags: ['b', 'a'] }),
  ])
  const found = await pages({ tenant, filters: [{ tags: ['a'] }] })
  expect(found).toEqual([(await everything(store)).filter(({ tags }) => tags.includes('a'))])
})

test('what was settled in another history is not taken for settled', async () => {
  await append(store, drafts(cart('1'), 9))
  expect(await store.follow(everyEvent, { after: 0, limit: 2 })).toMatchObject({ until: 2 })
  // as after a failover to a standby that had less
  await pool.query(`begin; set local annals.events_may_change = 'yes';
    delete from "${schema}".events where position > 5; commit;
    select setval('"${schema}".events_position', 5);
    update "${schema}".settings set value = 'another' where name = 'epoch'`)
  expect(await store.follow(everyEvent, { after: 5 })).toEqual({ events: [], until: 5 })
  const { events } = await append(store, [draft(cart('2'))])
  expect(await store.follow(everyEvent, { after: 5 })).toEqual({ events, until: 6 })
})

test('what was settled is asked for again after a connection was lost', async () => {
  // one to listen on, one for the rest
  const two = new pg.Pool({ connectionString: serverUrl, max: 2 })
  two.on('error', () => undefined)
  const remote = postgres(two, { schema })
  await append(remote, drafts(cart('1'), 9))
  expect(await remote.follow(everyEvent, { after: 0, limit: 2 })).toMatchObject({ until: 2 })
  expect(await remote.wake(2, AbortSignal.timeout(5_000))).toBe(9)
  // as after a restore that the epoch does not tell of
  await pool.query(`begin; set local annals.events_may_change = 'yes';
    delete from "${schema}".events where position > 5; commit`)
  const holder = await pool.connect()
  await holder.query(`begin; lock table "${schema}".events in access exclusive mode`)
  const lost = remote.follow(everyEvent, { after: 2 })
  lost.catch(() => undefined) // it is lost below
  const cut = `select pg_terminate_backend(pid, 5000) from pg_locks
    where relation = '"${schema}".events'::regclass and not granted`
  while ((await holder.query(cut)).rowCount === 0) await delay(1)
  await holder.query('rollback')
  holder.release()
  await expect(lost).rejects.toMatchObject({ code: 'ANNALS_UNAVAILABLE' })
  expect(await remote.follow(everyEvent, { after: 5 })).toEqual({ events: [], until: 5 })
  await expect(remote.wake(5, AbortSignal.timeout(500))).rejects.toThrow(/timeout/)
  await remote.close()
  await two.end()
})

test('only the window that is asked for is looked at, whatever is known of the events', async () => {
  for (let turn = 0; turn < 5; turn++) await append(store, drafts(cart('1'), 1_000))
  const reads = async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()))
    for (const client of clients) await client.query('select pg_stat_force_next_flush()')
    for (const client of clients) client.release()
    const { rows } = await pool.query<{ read: string }>(
      `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as read from pg_stat_user_tables
      where schemaname = $1 and relname = 'events'`,
      [schema],
    )
    return Number(rows[0]?.read)
  }
  await store.settled()
  for (const query of [everyEvent, { tenant, filters: [{ category: 'cart' }] }]) {
    const before = await reads()
    await store.follow(query, { after: 1_000, limit: 100 })
    expect((await reads()) - before).toBeLessThan(600)
  }
})
