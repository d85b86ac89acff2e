import pg from 'pg'
import postgresJs from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newSchema, serverUrl, terminate } from '../../../../test/postgres-place.ts'
import {
  append,
  cart,
  draft,
  history,
  refused,
  tenant,
  versions,
} from '../../../testing/contracts/store/vocabulary.ts'
import { postgres } from '../index.ts'
import { PostgresJsDatabase } from './postgres-js.ts'

const schema = newSchema()
const admin = new pg.Pool({ connectionString: serverUrl })
const quiet = { onnotice: () => undefined }
const sql = postgresJs(serverUrl, quiet)

beforeAll(async () => {
  await using store = postgres(sql, { schema })
  await store.settled()
})

afterAll(async () => {
  await sql.end({ timeout: 1 }) // without a limit it waits for connections that were lost
  await admin.query(`drop schema if exists "${schema}" cascade`)
  await admin.end()
})

/** Keeps every append of the schema waiting while `work` runs. */
async function whileLocked(work: (free: () => Promise<void>) => Promise<void>): Promise<void> {
  const client = await admin.connect()
  await client.query(`begin; lock table "${schema}".events in exclusive mode`)
  const free = async () => void (await client.query('rollback'))
  await work(free)
  await free()
  client.release()
}

test('an append whose connection ends is made once', async () => {
  await using store = postgres(sql, { schema, timeout: '30s' })
  const mine = cart('ended')
  await whileLocked(async (free) => {
    const sent = append(store, [draft(mine)])
    await terminate(`"${schema}".append_event`)
    await free()
    expect((await sent).events).toEqual(await history(store, mine))
  })
})

test('an append that is never answered has an unknown outcome', async () => {
  await using store = postgres(sql, { schema, timeout: '100ms', answer: '100ms' })
  await store.settled()
  await whileLocked(() =>
    refused(append(store, [draft(cart('unanswered'))]), 'ANNALS_OUTCOME_UNKNOWN'),
  )
})

test('a server that cannot be reached is told as such', async () => {
  const none = postgresJs('postgres://postgres@127.0.0.1:1/test', { backoff: () => 0.01 })
  await using store = postgres(none, { schema, timeout: '50ms' })
  const sent = append(store, [draft(cart('unreachable'))])
  await expect(sent).rejects.toThrow(/there is no connection to PostgreSQL/)
  await refused(sent, 'ANNALS_UNAVAILABLE')
  await none.end()
})

test('a statement that fails leaves the transaction of the caller as it was', async () => {
  await using store = postgres(sql, { schema, timeout: '100ms' })
  const mine = cart('failing')
  const held = cart('held')
  const sent = { tenant, drafts: [draft(mine)] }
  await sql.begin(async (tx) => {
    const first = await store.append(sent, { tx })
    expect(await store.append(sent, { tx })).toEqual(first)
    await sql.begin(async (other) => {
      await store.append({ tenant, drafts: [draft(held)] }, { tx: other })
      const late = store.append({ tenant, drafts: [draft(held)] }, { tx })
      await expect(late).rejects.toThrow(/another transaction held what the append needs/)
    })
    await store.append({ tenant, drafts: [draft(mine)] }, { tx })
  })
  expect(versions(await history(store, mine))).toEqual([1, 2])
  expect(versions(await history(store, held))).toEqual([1])
})

test('plans are kept, unless the store is told not to', async () => {
  const kept = async (prepare: boolean) => {
    const own = postgresJs(serverUrl, { ...quiet, max: 1 })
    await using store = postgres(own, { schema, prepare })
    await append(store, [draft(cart('plans'))])
    const text = `select count(*)::integer as count from pg_prepared_statements
      where statement like '%append_event%'`
    const [row] = await own.unsafe(text) // which keeps no plan of its own
    await own.end()
    return row?.count as number
  }
  expect([await kept(true), await kept(false)]).toEqual([1, 0])
})

describe('a sql that was told how to read and write types', () => {
  test('writes and reads what the store does', async () => {
    const refuse = () => {
      throw new Error('nothing of the store is of this type')
    }
    const of = (oid: number) => ({ to: oid, from: [oid], serialize: refuse, parse: refuse })
    const own = postgresJs(serverUrl, {
      ...quiet,
      transform: postgresJs.camel,
      types: { bigint: of(20), integer: of(23), float: of(701), uuid: of(2950), json: of(114) },
    })
    await using store = postgres(own, { schema })
    const mine = cart('types')
    const { events } = await append(store, [draft(mine, { tags: ['a'] })])
    expect(await history(store, mine)).toEqual(events)
    await own.end()
  })

  test('is refused where it changes texts', async () => {
    const from = (value: unknown) => (typeof value === 'string' ? value.trim() : value)
    const own = postgresJs(serverUrl, { ...quiet, transform: { value: { from } } })
    await using store = postgres(own, { schema })
    await refused(store.settled(), 'ANNALS_OPTION')
    await expect(store.settled()).rejects.toThrow(/changes the texts it reads/)
    await own.end()
  })
})

describe('listening', () => {
  const use = { answer: 30_000, prepare: true }
  const channel = newSchema()

  test('hears what is announced, and tells once it was cut off', async () => {
    const database = new PostgresJsDatabase(sql, use)
    const heard = Promise.withResolvers<string>()
    const lost = Promise.withResolvers<void>()
    await database.listen(channel, { notified: heard.resolve, lost: lost.resolve })
    await admin.query('select pg_notify($1, $2)', [channel, '7'])
    expect(await heard.promise).toBe('7')
    await terminate(`listen "${channel}"`)
    await lost.promise
    const again = Promise.withResolvers<string>()
    const listening = await database.listen(channel, { notified: again.resolve, lost: () => {} })
    await admin.query('select pg_notify($1, $2)', [channel, '8'])
    expect(await again.promise).toBe('8')
    await listening.close()
    await database.close()
  })

  test('fails where there is no connection, and closes', async () => {
    const none = postgresJs('postgres://postgres@127.0.0.1:1/test')
    const database = new PostgresJsDatabase(none, use)
    const listener = { notified: () => {}, lost: () => {} }
    await expect(database.listen(channel, listener)).rejects.toThrow(/ECONNREFUSED/)
    await expect(database.listen(channel, listener)).rejects.toThrow(/ECONNREFUSED/)
    await database.close()
    await none.end({ timeout: 0 })
  })
})
