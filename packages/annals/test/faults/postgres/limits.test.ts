import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgres } from '../../../src/adapters/postgres/index.ts'
import { Cluster } from './cluster.ts'
import { readToDecide } from './deciding.ts'
import { firstFaults } from './history.ts'
import {
  amount,
  appendOf,
  connected,
  draft,
  fact,
  keptAt,
  lasting,
  newPlace,
  storeAt,
  type Place,
} from './place.ts'
import { Run } from './run.ts'

let cluster: Cluster

const connections = 90

beforeAll(async () => {
  cluster = await Cluster.make({ max_connections: connections })
})

afterAll(() => cluster[Symbol.asyncDispose]())

const stream = { category: 'limited', id: '1' }

let made = 0

/** A place in a database of its own. */
async function newDatabase(): Promise<Place> {
  const database = `limited_${++made}`
  await cluster.query(`create database ${database}`)
  return newPlace(cluster.url(database))
}

/** Applies settings to every new connection. */
async function limit({ url }: Place, settings: Readonly<Record<string, string>>): Promise<void> {
  const database = new URL(url).pathname.slice(1)
  for (const [name, value] of Object.entries(settings))
    await cluster.query(`alter database ${database} set ${name} = '${value}'`)
}

async function limited(settings: Readonly<Record<string, string>>): Promise<Place> {
  const place = await newDatabase()
  await limit(place, settings)
  return place
}

test.each([
  [
    'little time is given',
    {
      statement_timeout: '20ms',
      lock_timeout: '1ms',
      idle_in_transaction_session_timeout: '10ms',
    },
  ],
  ['transactions are serializable by default', { default_transaction_isolation: 'serializable' }],
])('nothing is lost or shown twice where %s', lasting, async (_, settings) => {
  const place = await newDatabase()
  await using run = await Run.at(place)
  await limit(place, settings)
  run.write(1, 12)
  run.follow(1)
  await run.acknowledged(amount(150, 5_000))
  expect(firstFaults(await run.finish())).toEqual([])
})

test.each([
  ['a lock', { lock_timeout: '1ms' }],
  ['a statement', { statement_timeout: '20ms' }],
])('an append waits for longer than the database lets %s wait', async (_, settings) => {
  const place = await newDatabase()
  await using holding = storeAt(place)
  await using holder = await connected(place.url)
  await holder.query('begin')
  await holding.append(appendOf(draft(stream)), { tx: holder })
  await limit(place, settings)
  await using store = storeAt(place)
  const waits = store.append(appendOf(draft(stream)))
  await delay(100) // so long its stream is held
  await holder.query('commit')
  expect(await waits).toMatchObject({ events: [{ version: 2 }] })
})

test('the tables are made, however little time a statement has', async () => {
  const place = await limited({ statement_timeout: '1s', lock_timeout: '1s' })
  await using holder = await connected(place.url)
  await holder.query('set statement_timeout = 0')
  await holder.query('begin')
  const lock = `annals migrations ${place.schema}`
  await holder.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [lock])
  await using store = storeAt(place)
  const opened = store.settled()
  await delay(1_500) // longer than a statement of a request may take
  await holder.query('commit')
  expect(await opened).toMatchObject({ position: 0 })
})

test('a transaction that appended and was forgotten holds followers back until the server ends it', async () => {
  const place = await limited({ idle_in_transaction_session_timeout: '300ms' })
  await using store = storeAt(place)
  await using forgetful = await connected(place.url)
  await store.settled()
  await forgetful.query('begin')
  await store.append(appendOf(draft(stream)), { tx: forgetful })
  const { position } = await store.append(appendOf(draft({ ...stream, id: '2' })))
  expect((await store.settled()).position).toBe(0)
  await store.wake(position - 1, AbortSignal.timeout(60_000))
  expect(await keptAt(place)).toMatchObject([{ stream: 'limited/2' }])
})

describe.each(['repeatable read', 'serializable'])(
  'where transactions are %s by default',
  (isolation) => {
    test('two decisions on what both read do not both go through', async () => {
      const { url, schema } = await limited({ default_transaction_isolation: isolation })
      await using own = storeAt({ url, schema })
      const pool = new pg.Pool({ connectionString: url })
      await using given = postgres(pool, { schema })
      const { guard } = await readToDecide(own, { tags: ['seat:1'] })
      const decisions = await Promise.allSettled(
        [own, given, own, given].map((store) =>
          store.append({ ...appendOf(fact(['seat:1'])), guard }),
        ),
      )
      expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      await given.close()
      await pool.end()
    })

    test('a transaction of the caller is refused, and nothing is written', async () => {
      const place = await limited({ default_transaction_isolation: isolation })
      await using store = storeAt(place)
      await using caller = await connected(place.url)
      await caller.query('begin')
      await expect(store.append(appendOf(draft(stream)), { tx: caller })).rejects.toMatchObject({
        code: 'ANNALS_OPTION',
        message: expect.stringContaining(isolation) as string,
      })
      await caller.query('commit')
      expect(await keptAt(place)).toEqual([])
    })
  },
)

test('where a crash loses what was committed, appends are refused', async () => {
  const place = await limited({ synchronous_commit: 'off' })
  await using store = storeAt(place)
  await expect(store.append(appendOf(draft(stream)))).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message: expect.stringContaining('synchronous_commit') as string,
  })
  expect(await keptAt(place)).toEqual([])
})

describe('a server that takes no more connections', () => {
  test('is used on those that there are', async () => {
    const place = newPlace(cluster.url())
    await using store = storeAt(place, { timeout: '60s' })
    await store.settled()
    await using _ = await everyConnection()
    const appends = Array.from({ length: 200 }, (_ignored, id) =>
      store.append(appendOf(draft({ ...stream, id: String(id) }))),
    )
    await Promise.all(appends)
  })

  test('is unavailable, and is used as soon as there is one', async () => {
    const place = newPlace(cluster.url())
    await using store = storeAt(place, { timeout: '200ms' })
    const append = appendOf(draft(stream))
    {
      await using _ = await everyConnection()
      await expect(store.append(append)).rejects.toMatchObject({
        code: 'ANNALS_UNAVAILABLE',
        retry: true,
      })
    }
    await store.append(append)
    expect(await keptAt(place)).toHaveLength(1)
  })

  async function everyConnection(): Promise<AsyncDisposable> {
    const stack = new AsyncDisposableStack()
    let refused: unknown
    while (refused === undefined)
      try {
        stack.use(await connected(cluster.url()))
      } catch (error) {
        refused = error
      }
    expect(refused).toMatchObject({ code: '53300' })
    return stack
  }
})
