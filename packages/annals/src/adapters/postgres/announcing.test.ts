import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../test/postgres-place.ts'
import { append, draft } from '../../testing/contracts/store/vocabulary.ts'
import { postgres } from './index.ts'

const pool = new pg.Pool({ connectionString: serverUrl })
const schema = newSchema()
const listener = new pg.Client(serverUrl)
const heard: number[] = []

beforeAll(async () => {
  await postgres(pool, { schema }).settled()
  await listener.connect()
  listener.on('notification', ({ payload }) => heard.push(Number(payload)))
  await listener.query(`listen "annals_${schema}"`)
})

afterAll(async () => {
  await listener.end()
  await pool.query(`drop schema "${schema}" cascade`)
  await pool.end()
})

const event = () => draft({ category: 'cart', id: crypto.randomUUID() })

test('appends that nobody follows are not announced', async () => {
  const store = postgres(pool, { schema })
  await append(store, [event()])
  await store.close() // what was to be announced is by then
  await listener.query('select')
  expect(heard).toEqual([])
})

test('appends that somebody follows are announced, with the position up to which to read', async () => {
  await using follower = postgres(pool, { schema })
  await using writer = postgres(pool, { schema })
  const { position } = await follower.settled()
  const woken = follower.wake(position, AbortSignal.timeout(60_000))
  while (!(await pool.query(`select from "${schema}".following`)).rowCount);
  const appended = await append(writer, [event()])
  expect(await woken).toBe(appended.position)
  await writer.close()
  await listener.query('select')
  expect(heard.at(-1)).toBe(appended.position)
})

test('a follower whose connection is ended finds out by asking, and listens again', async () => {
  await using follower = postgres(pool, { schema })
  await using writer = postgres(pool, { schema })
  const { position } = await follower.settled()
  const woken = follower.wake(position, AbortSignal.timeout(60_000))
  await ended(`listen "annals_${schema}"`)
  const first = await append(writer, [event()])
  expect(await woken).toBe(first.position)
  const again = follower.wake(first.position, AbortSignal.timeout(60_000))
  const second = await append(writer, [event()])
  expect(await again).toBe(second.position)
})

test('what is announced is heard on another way to the database, where one is given', async () => {
  const listen = `${serverUrl}?application_name=ear_${schema}`
  await using follower = postgres(pool, { schema, listen })
  const { position } = await follower.settled()
  const woken = follower.wake(position, AbortSignal.timeout(60_000))
  const text = `select from pg_stat_activity where application_name = $1 and query = $2`
  while (!(await pool.query(text, [`ear_${schema}`, `listen "annals_${schema}"`])).rowCount);
  await using writer = postgres(pool, { schema })
  const appended = await append(writer, [event()])
  expect(await woken).toBe(appended.position)
})

/** Ends the connections of the pool that listen. */
async function ended(words: string): Promise<void> {
  const text = `select pg_terminate_backend(pid) from pg_stat_activity
    where query = $1 and pid <> (select $2::int)`
  const { rows } = await listener.query<{ pid: number }>('select pg_backend_pid() as pid')
  while (!(await pool.query(text, [words, rows[0]?.pid])).rowCount);
}
