import pg from 'pg'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { notingPool } from '../../../../test/noting-pool.ts'
import { newSchema, serverUrl } from '../../../../test/postgres-place.ts'
import type { Draft, EventStore } from '../../../store/store.ts'
import {
  append,
  at,
  draft,
  drafts,
  everything,
} from '../../../testing/contracts/store/vocabulary.ts'
import { postgres } from '../index.ts'

const pool = new pg.Pool({ connectionString: serverUrl, max: 20 })
let schema: string
let sent: string[]
let store: EventStore

beforeEach(async () => {
  schema = newSchema()
  store = postgres(
    notingPool(pool, (text) => sent.push(text)),
    { schema },
  )
  sent = []
  await store.settled()
  sent = []
})

afterEach(async () => {
  await store.close()
  await pool.query(`drop schema "${schema}" cascade`)
})

afterAll(() => pool.end())

const cart = (id: number) => ({ category: 'cart', id: `${id}` })
const statements = () => sent.filter((text) => /append_events?\(/.test(text)).length

test('appends that come together share statements', async () => {
  await Promise.all(Array.from({ length: 128 }, (_, id) => append(store, [draft(cart(id))])))
  expect(statements()).toBe(2)
})

test('an append that comes alone leaves at once, in a statement of its own kind', async () => {
  await append(store, [draft(cart(1))])
  expect(sent[0]).toContain('append_event(')
  await append(store, drafts(cart(1), 2))
  expect(sent.filter((text) => text.includes('append_events('))).toHaveLength(1)
})

test('what PostgreSQL refuses fails only the append it belongs to', async () => {
  const bad = draft(cart(1), { data: 'no JSON at all' })
  const [refused, ...others] = await Promise.allSettled([
    append(store, [bad]),
    ...Array.from({ length: 20 }, (_, id) => append(store, [draft(cart(2 + id))])),
  ])
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ANNALS_OPTION' } })
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 'fulfilled'))
  expect(await everything(store)).toHaveLength(20)
})

test('a conflict fails only the append it belongs to', async () => {
  const appends = Array.from({ length: 20 }, (_, id) =>
    append(store, [draft(cart(id))], at(cart(id), id % 2 ? 'none' : 'some')),
  )
  const outcomes = await Promise.allSettled(appends)
  expect(outcomes.map(({ status }) => status)).toEqual(
    outcomes.map((_, id) => (id % 2 ? 'fulfilled' : 'rejected')),
  )
})

test('appends to one stream keep the order in which they were asked for', async () => {
  const events = drafts(cart(1), 30)
  const done = await Promise.all(events.map((event) => append(store, [event])))
  expect(done.map(({ events: [event] }) => event?.version)).toEqual(events.map((_, n) => n + 1))
})

test('an append leaves while it waits when its signal says so, and is not made', async () => {
  const first = append(store, [draft(cart(1))])
  const leaving = new AbortController()
  const sentLater = { tenant: 'acme', drafts: [draft(cart(1))] }
  const second = store.append(sentLater, { signal: leaving.signal })
  const reason = new Error('the caller left')
  const left = second.catch((error: unknown) => error)
  leaving.abort(reason)
  await first
  expect(await left).toBe(reason)
  expect(await everything(store)).toHaveLength(1)
})

test('an append with more names than a batch may lock goes alone, and holds off the others', async () => {
  const tags = Array.from({ length: 400 }, (_, seat) => `seat:${seat}`)
  const wide: Draft = draft(cart(1), { tags })
  await Promise.all([
    append(store, [wide]),
    ...Array.from({ length: 20 }, (_, id) => append(store, [draft(cart(2 + id))])),
  ])
  expect(await everything(store)).toHaveLength(21)
})
