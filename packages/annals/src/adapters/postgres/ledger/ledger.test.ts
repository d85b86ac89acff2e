import pg from 'pg'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../../test/postgres-place.ts'
import type { EventStore } from '../../../store/store.ts'
import { clock, type MovableClock } from '../../../testing/clock.ts'
import {
  carts,
  checkpoints,
  commit,
  document,
  key,
  parking,
  parks,
  settles,
  standing,
  take,
  view,
  writing,
} from '../../../testing/contracts/ledger/vocabulary.ts'
import { append, cart, draft, refused } from '../../../testing/contracts/store/vocabulary.ts'
import { migrationScript, postgres } from '../index.ts'
import type { ProjectionTransaction } from '../projecting/transaction.ts'

const pool = new pg.Pool({ connectionString: serverUrl, max: 10 })
const made: string[] = []
let schema: string
let time: MovableClock
let store: EventStore
let borrowed: pg.PoolClient[]

beforeEach(() => {
  borrowed = []
  schema = newSchema()
  made.push(schema)
  time = clock()
  store = postgres(pool, { schema, clock: time })
  return async () => {
    for (const client of borrowed) client.release(true)
    await store.close()
  }
})

afterAll(async () => {
  for (const name of made) await pool.query(`drop schema if exists "${name}" cascade`)
  await pool.end()
})

/** A connection of the test's own. */
async function connected(): Promise<pg.PoolClient> {
  const client = await pool.connect()
  client.on('error', () => undefined)
  borrowed.push(client)
  return client
}

/** A transaction of the owner's that has moved its checkpoint, and is open. */
async function openPage(
  { token }: { readonly token: number },
  position: number,
): Promise<pg.PoolClient> {
  const owner = await connected()
  await owner.query('begin')
  await owner.query(
    `select "${schema}".commit_page('carts', '1', 0, 'a', $1, $2, null, null, null)`,
    [token, position],
  )
  return owner
}

/** When a statement with these words waits for a lock. */
async function waiting(words: string): Promise<void> {
  const text = `select from pg_stat_activity where strpos(query, $1) > 0 and wait_event_type = 'Lock'`
  for (const end = Date.now() + 5_000; Date.now() < end;)
    if ((await pool.query(text, [words])).rowCount) return
  throw new Error(`no statement with ${words} waits`)
}

test('who takes a slice over waits for the page of its owner, and goes on behind it', async () => {
  await store.ledger.register([view()])
  for (const [position, end, expected] of [
    [7, 'rollback', 0],
    [8, 'commit', 8],
  ] as const) {
    const lease = await take(store, 'a')
    const owner = await openPage(lease, position)
    time.advance('31s')
    const taking = take(store, 'b')
    await waiting(`"${schema}".claim_slices`)
    await owner.query(end)
    const taken = await taking
    expect(taken.position).toBe(expected)
    await store.ledger.release([taken])
  }
})

test('an owner that was stopped in the middle of its commit holds up its own slice only', async () => {
  await store.ledger.register([view({ slices: 2 })])
  const owner = await openPage(await take(store, 'a'), 7)
  time.advance('31s')
  const slices = [0, 512].map((first) => ({ ...carts, first }))
  expect(await store.ledger.claim(slices, 'b', 30_000)).toMatchObject([{ first: 512 }])
  await owner.query('rollback')
})

test('who gave a lease back can write nothing under it', async () => {
  await store.ledger.register([view()])
  const lease = await take(store, 'a')
  await store.ledger.release([lease])
  await refused(commit(store, lease, { position: 5 }), 'ANNALS_LEASE_LOST')
  const move = { lease, position: 5 }
  expect(await store.ledger.advance([move])).toEqual([move])
  expect(await checkpoints(store)).toEqual([0])
})

test('what a projection wrote after its slice was taken over is taken back', async () => {
  await store.ledger.register([view({ kind: 'projection' })])
  await pool.query(`create table "${schema}".written (name text)`)
  const lease = await take(store, 'a')
  const work = commit(store, lease, {
    own: {
      model: carts,
      run: async ({ tx }) => {
        await (tx as ProjectionTransaction).query(`insert into "${schema}".written values ('late')`)
        time.advance('31s')
        await take(store, 'b')
      },
    },
    position: 5,
  })
  await refused(work, 'ANNALS_LEASE_LOST')
  expect((await pool.query(`select from "${schema}".written`)).rowCount).toBe(0)
  expect(await checkpoints(store)).toEqual([0])
})

test('a page of a projection whose commit nobody answered is not done again', async () => {
  // a pool whose connections end as soon as the server has committed
  const cut = Object.assign(new pg.Pool({ connectionString: serverUrl }), { cutting: false })
  cut.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>
    Object.assign(client, {
      query: async (...given: unknown[]) => {
        const result = await query(...given)
        if (cut.cutting && JSON.stringify(given).includes('"commit"'))
          throw new Error('Connection terminated unexpectedly')
        return result
      },
    })
  })
  const remote = postgres(cut, { schema, clock: time })
  await remote.ledger.register([view({ kind: 'projection' })])
  const lease = await take(remote, 'a')
  cut.cutting = true
  const page = commit(remote, lease, { own: { model: carts, run: () => undefined }, position: 5 })
  await refused(page, 'ANNALS_LEASE_LOST')
  expect(await checkpoints(store)).toEqual([5])
  await remote.close()
  await cut.end()
})

test('a deadlock of a projection is the fault of no event', async () => {
  await store.ledger.register([view({ kind: 'projection' })])
  await pool.query(
    `create table "${schema}".rows (id integer); insert into "${schema}".rows values (1), (2)`,
  )
  const lease = await take(store, 'a')
  const other = await connected()
  const lock = (id: number) => `update "${schema}".rows set id = id where id = ${id}`
  await other.query(`set deadlock_timeout = '10s'; begin; ${lock(2)}`)
  let crossing: Promise<unknown> | undefined
  const work = commit(store, lease, {
    own: {
      model: carts,
      run: async ({ tx }) => {
        const own = tx as ProjectionTransaction
        await own.query(lock(1))
        crossing = other.query(lock(1))
        await own.query(lock(2)).catch((cause: unknown) => {
          throw new Error('the handler failed', { cause })
        })
      },
    },
  })
  await refused(work, 'ANNALS_UNAVAILABLE')
  await crossing
  await other.query('rollback; reset deadlock_timeout')
})

test('owners get along where transactions are SERIALIZABLE by default', async () => {
  const options = '-c default_transaction_isolation=serializable'
  const strict = new pg.Pool({ connectionString: serverUrl, options, max: 10 })
  const one = postgres(strict, { schema })
  await one.ledger.register([view({ slices: 4 })])
  const slices = [0, 256, 512, 768].map((first) => ({ ...carts, first }))
  const claims = Array.from({ length: 8 }, (_, n) => one.ledger.claim(slices, `p${n}`, 30_000))
  const leases = (await Promise.all(claims)).flat()
  expect(leases.map(({ first }) => first).toSorted((a, b) => a - b)).toEqual([0, 256, 512, 768])
  await Promise.all(
    leases.map(async (lease, n) => {
      await one.ledger.tend({ owner: lease.owner, term: 30_000, held: [lease], runs: [carts] })
      await commit(one, lease, {
        ...writing(document(`${n}`)),
        ...parks(parking(`${n}`, n)),
        position: n,
      })
      await one.ledger.advance([{ lease, position: 9 }])
    }),
  )
  expect(await checkpoints(one)).toEqual([9, 9, 9, 9])
  await one.close()
  await strict.end()
})

test('one that is to be inline follows where an append is on its way', async () => {
  await store.settled()
  const caller = await connected()
  await caller.query('begin')
  const open = postgres(pool, { schema })
  await open.append({ tenant: '', drafts: [draft(cart('1'))] }, { tx: caller })
  await store.ledger.register([view({ inline: true })])
  expect((await standing(store)).mode).toBe('following')
  await caller.query('commit')
  await open.close()
})

test('appends go on while a processor is registered that cannot be inline', async () => {
  await append(store, [draft(cart('1'))])
  const other = await connected()
  await other.query('begin')
  await other.query(
    `select pg_advisory_xact_lock(hashtextextended('annals migrations ${schema}', 0))`,
  )
  const registering = store.ledger.register([view({ inline: true })])
  await waiting(`annals migrations ${schema}`)
  await append(store, [draft(cart('2'))])
  await other.query('rollback')
  await registering
})

test('a version that was registered with other indexes is refused', async () => {
  await store.ledger.register([view({ fields: 2 })])
  await expect(store.ledger.register([view({ fields: 3 })])).rejects.toThrow('raise its version')
})

test('a name that PostgreSQL would cut is refused', async () => {
  const version = '1234567890.1234567890'
  const long = view({ name: 'a'.repeat(40), version })
  await refused(store.ledger.register([long]), 'ANNALS_OPTION')
})

test('a role that may not make tables is told what it lacks, and runs what somebody else has registered', async () => {
  const role = `role_${schema}`
  await pool.query(migrationScript(schema))
  await pool.query(`create role ${role}; grant usage on schema "${schema}" to ${role}`)
  await pool.query(`alter default privileges in schema "${schema}" grant all on tables to ${role}`)
  await pool.query(`grant all on all tables in schema "${schema}" to ${role}`)
  const confined = new pg.Pool({ connectionString: serverUrl, options: `-c role=${role}` })
  const lowly = postgres(confined, { schema, migrate: false, clock: time })
  await expect(lowly.ledger.register([view()])).rejects.toThrow('grant it CREATE on the schema')
  await store.ledger.register([view()])
  await lowly.ledger.register([view()])
  await commit(lowly, await take(lowly, 'a'), { ...writing(document('1')), position: 1 })
  expect(await lowly.documents.find(carts, key('1'))).toMatchObject({ state: '{}' })
  await lowly.close()
  await confined.end()
  await pool.query(`drop owned by ${role}; drop role ${role}`)
})

test('a document that an index does not take is the fault of its event', async () => {
  await store.ledger.register([view()])
  const lease = await take(store, 'a')
  const wide = Array.from({ length: 3_000 }, (_, n) =>
    String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)),
  )
  const page = commit(store, lease, writing(document('1', { fields: [wide.join('')] })))
  await expect(page).rejects.toThrow(/index row/)
  await expect(page).rejects.not.toHaveProperty('retry')
})

test('a page that comes through once more, behind a later one, leaves the documents of that one', async () => {
  await store.ledger.register([view()])
  const lease = await take(store, 'a')
  const pages = [1, 2].map((position) => ({
    ...writing(document('1', { state: `${position}`, position })),
    position,
  }))
  for (const page of [...pages, ...pages.slice(0, 1)]) await commit(store, lease, page)
  expect(await store.documents.find(carts, key('1'))).toMatchObject({ state: '2', position: 2 })
  expect(await checkpoints(store)).toEqual([2])
})

test('the documents of a page are looked up, in a table that was empty a moment before', async () => {
  await store.ledger.register([view()])
  const lease = await take(store, 'a')
  const before = await reads('view_carts_v1')
  for (let turn = 0; turn < 20; turn++) {
    const list = Array.from({ length: 50 }, (_, n) => document(`${turn * 50 + n}`))
    await commit(store, lease, { ...writing(...list), position: turn })
  }
  for (let turn = 0; turn < 20; turn++)
    await commit(store, lease, { ...writing(document(`${turn}`)), position: 20 + turn })
  expect((await reads('view_carts_v1')) - before).toBeLessThan(1_000)
})

test('a queue with many events behind its first one is settled as fast as another', async () => {
  await store.ledger.register([view()])
  const lease = await take(store, 'a')
  const many = Array.from({ length: 2_000 }, (_, n) => parking('b', n + 1, { attempts: n ? 0 : 1 }))
  await commit(store, lease, parks(parking('c', 1)))
  for (let turn = 0; turn < 10; turn++)
    await commit(store, lease, parks(parking('c', 1, { attempts: turn })))
  await commit(store, lease, parks(...many))
  const before = await reads('parked')
  for (const { tenant, queue, position } of many.slice(0, 20))
    await commit(store, lease, settles({ tenant, queue, position }))
  expect((await reads('parked')) - before).toBeLessThan(1_000)
})

/** How many rows of a table and entries of its indexes were read so far. */
async function reads(table: string): Promise<number> {
  // each connection counts by itself, and says so now and then
  const clients = await Promise.all(Array.from({ length: 10 }, () => pool.connect()))
  for (const client of clients) await client.query('select pg_stat_force_next_flush()')
  for (const client of clients) client.release()
  const { rows } = await pool.query<{ read: string }>(
    `select coalesce(t.seq_tup_read, 0) + (
        select coalesce(sum(i.idx_tup_read), 0) from pg_stat_user_indexes i where i.relid = t.relid
      ) as read
    from pg_stat_user_tables t
    where t.schemaname = $1 and t.relname = $2`,
    [schema, table],
  )
  expect(rows).toHaveLength(1)
  return Number(rows[0]?.read)
}
