import pg from 'pg'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../../test/postgres-place.ts'
import type { Lease } from '../../../store/ledger.ts'
import { cart, draft, drafts, tenant } from '../../../testing/contracts/store/vocabulary.ts'
import {
  appendInline,
  complete,
  everyEvent,
  pageOf,
} from '../../../testing/contracts/ledger/tally.ts'
import {
  carts,
  checkpoints,
  commit,
  take,
  view,
} from '../../../testing/contracts/ledger/vocabulary.ts'
import { postgres } from '../index.ts'

const pool = new pg.Pool({ connectionString: serverUrl, max: 20 })
const mine = cart('1')
let schema: string
let store: ReturnType<typeof postgres>
let lease: Lease

beforeEach(async () => {
  schema = newSchema()
  store = postgres(pool, { schema })
  await store.ledger.register([view()])
  await appendInline(store, drafts(mine, 2))
  lease = await take(store, 'a')
})

afterEach(async () => {
  await store.close()
  await pool.query(`drop schema "${schema}" cascade`)
})

afterAll(() => pool.end())

function turn(): Promise<boolean> {
  return store.ledger.turnInline(lease, everyEvent, (events) => pageOf(events))
}

/** Runs work while an append is open in a transaction of a caller's own. */
async function besideAppend(of: string, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await store.append({ tenant: of, drafts: [draft(mine)] }, { tx: client })
    await work()
    await client.query('commit')
  } finally {
    client.release(true)
  }
}

test.each(['', tenant, 'somebody else'])(
  'nothing becomes inline while an append of the tenant %j is open, and others go on',
  async (of) => {
    await besideAppend(of, async () => {
      const [turned] = await Promise.all([turn(), appendInline(store, [draft(cart('2'))])])
      expect(turned).toBe(false)
      expect(await checkpoints(store)).toEqual([0])
    })
    expect(await turn()).toBe(true)
    for (const each of [of, tenant]) await complete(store, carts, each)
  },
)

test('a row that somebody else holds keeps no append out', async () => {
  const client = await pool.connect()
  try {
    await client.query(`begin; select from "${schema}".checkpoints for update`)
    expect(await turn()).toBe(false)
    await client.query('rollback')
  } finally {
    client.release(true)
  }
  expect(await turn()).toBe(true)
})

test('documents that somebody else holds keep no append out', async () => {
  const client = await pool.connect()
  try {
    await client.query(`begin; lock table "${schema}".view_carts_v1 in share mode`)
    expect(await turn()).toBe(false)
    await client.query('rollback')
  } finally {
    client.release(true)
  }
  expect(await turn()).toBe(true)
  await complete(store)
})

test('who was the owner can write no page of what has become inline', async () => {
  expect(await turn()).toBe(true)
  await expect(commit(store, lease, { position: 99 })).rejects.toMatchObject({
    code: 'ANNALS_LEASE_LOST',
  })
  await expect(turn()).rejects.toMatchObject({ code: 'ANNALS_LEASE_LOST' })
  await complete(store)
})
