import { PGlite, type Transaction } from '@electric-sql/pglite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { held } from '../../../../test/held-transaction.ts'
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
import { PgliteDatabase } from './pglite.ts'

const pglite = new PGlite({
  parsers: { 25: () => 'a parser of the caller' },
  serializers: { 25: () => 'a serializer of the caller' },
})

beforeAll(async () => {
  await using store = postgres(pglite)
  await store.settled()
})

afterAll(() => pglite.close())

test('an append beside an open transaction fails in time, also behind many others, and is not made', async () => {
  await using store = postgres(pglite, { timeout: '100ms' })
  const mine = cart('beside')
  const open = await held<Transaction>((work) => pglite.transaction(work))
  const began = performance.now()
  const streams = Array.from({ length: 20 }, (_, index) => cart(`beside ${index}`))
  await Promise.all(
    [mine, ...streams].map((stream) => refused(append(store, [draft(stream)]), 'ANNALS_TIMEOUT')),
  )
  expect(performance.now() - began).toBeLessThan(2_000)
  await open.commit()
  await append(store, [draft(mine)])
  expect(versions(await history(store, mine))).toEqual([1])
})

test('an append waits for a transaction that ends soon', async () => {
  await using store = postgres(pglite)
  const mine = cart('soon')
  const open = await held<Transaction>((work) => pglite.transaction(work))
  const sent = append(store, [draft(mine)])
  await open.tx.exec('create table if not exists soon (name text)')
  await open.commit()
  expect(versions((await sent).events)).toEqual([1])
})

test('a transaction that is over, or the instance, is refused as tx', async () => {
  await using store = postgres(pglite)
  const sent = { tenant, drafts: [draft(cart('refused'))] }
  const over = await held<Transaction>((work) => pglite.transaction(work))
  await over.rollback()
  await expect(store.append(sent, { tx: over.tx })).rejects.toThrow(/PGlite .* is over/)
  const whole = store.append(sent, { tx: pglite as never })
  await expect(whole).rejects.toThrow(/is an instance of PGlite; give what its transaction\(\)/)
  await refused(store.append(sent, { tx: over.tx }), 'ANNALS_OPTION')
  expect(await history(store, cart('refused'))).toEqual([])
})

test('another isolation of the database is no matter', async () => {
  await using store = postgres(pglite)
  await pglite.exec("set default_transaction_isolation to 'serializable'")
  const mine = cart('isolation')
  await append(store, [draft(mine)])
  expect((await store.settled()).position).toBeGreaterThan(0)
  expect(versions(await history(store, mine))).toEqual([1])
  await pglite.exec('reset default_transaction_isolation')
})

test('what is announced is heard, until the listening is closed', async () => {
  const database = new PgliteDatabase(pglite, 1_000)
  const heard: string[] = []
  const listener = { notified: (payload: string) => void heard.push(payload), lost: () => {} }
  const listening = await database.listen('a channel', listener)
  await pglite.exec('notify "a channel", \'7\'')
  await listening.close()
  await pglite.exec('notify "a channel", \'8\'')
  await database.close()
  expect(heard).toEqual(['7'])
})
