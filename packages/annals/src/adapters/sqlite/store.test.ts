import Database from 'better-sqlite3'
import { DatabaseSync } from 'node:sqlite'
import { expect, expectTypeOf, test } from 'vitest'
import {
  append,
  draft,
  everything,
  pages,
  place,
  refusal,
} from '../../../test/faults/sqlite-place.ts'
import { sqlite, type SqliteDatabase } from './index.ts'

const here = place()

test('both drivers are databases by their shape', () => {
  expectTypeOf<DatabaseSync>().toExtend<SqliteDatabase>()
  expectTypeOf<Database.Database>().toExtend<SqliteDatabase>()
})

test('a database that is given gets what durable appends need, and stays open', async () => {
  const database = new Database(here.path)
  database.defaultSafeIntegers(true)
  const store = sqlite(database)
  await store.append(append())
  expect(await everything(store)).toMatchObject([{ version: 1, position: 1 }])
  await store.close()
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(database.pragma('synchronous', { simple: true })).toBe(2n)
  expect(database.pragma('busy_timeout', { simple: true })).toBe(10n)
  expect(database.open).toBe(true)
  database.close()
})

test('a stricter setting of a database that is given stays', async () => {
  const database = new DatabaseSync(here.path)
  database.exec('pragma journal_mode = wal; pragma synchronous = extra; pragma busy_timeout = 3')
  await using store = sqlite(database)
  await store.settled()
  expect(database.prepare('pragma synchronous').get()).toEqual({ synchronous: 3 })
  expect(database.prepare('pragma busy_timeout').get()).toEqual({ timeout: 3 })
})

test('a database that has a transaction open is refused, and taken when it has none', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  database.exec('begin')
  const refused = await refusal(store.append(append()))
  expect(refused).toMatchObject({ code: 'ANNALS_OPTION' })
  expect(String(refused)).toContain('second connection')
  database.exec('rollback')
  await store.append(append())
  database.exec('begin')
  await expect(store.append(append())).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
  database.exec('commit')
  expect(await everything(store)).toHaveLength(1)
})

test('a file that the store opened is closed with it, and its log folded in', async () => {
  const store = sqlite(here.path)
  await store.append(append())
  await store.close()
  const database = new DatabaseSync(here.path)
  database.exec('pragma journal_mode = delete')
  expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'delete' })
  database.close()
})

test('a store that nobody used closes', async () => {
  await sqlite(here.path).close()
})

test('a store in memory is its own, and takes no transactions', async () => {
  await using store = sqlite(':memory:')
  await using other = sqlite(':memory:')
  await store.append(append())
  expect(await everything(store)).toHaveLength(1)
  expect(await everything(other)).toHaveLength(0)
  const tx = new DatabaseSync(':memory:')
  tx.exec('begin')
  await expect(store.append(append(), { tx })).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
})

test('any text is kept by either driver, a NUL too', async () => {
  for (const database of [new DatabaseSync(':memory:'), new Database(':memory:')]) {
    await using store = sqlite(database)
    const data = '"\0 \u{1F600} \\ud800 é"'
    await store.append(append({ data, metadata: data }))
    expect(await everything(store)).toMatchObject([{ data, metadata: data }])
  }
})

test('10,000 tags on an event find it, and only it', async () => {
  await using store = sqlite(here.path)
  const tags = Array.from({ length: 10_000 }, (_, number) => `tag:${number}`)
  await store.append({ tenant: '', drafts: [draft({ tags: tags.slice(1) }), draft({ tags })] })
  const found = await pages(store, { tenant: '', filters: [{ tags }] })
  expect(found.flat().map(({ position }) => position)).toEqual([2])
})

test('once keys past their time go, some with each append', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database, { keepOnce: '1h', clock: () => new Date(now) })
  const stream = { category: 'file', id: '1' }
  const keyed = (key: string) => ({
    tenant: '',
    drafts: [],
    once: [{ stream, key, fingerprint: 'f', version: 0, events: 0 }],
  })
  for (let key = 0; key < 10; key++) await store.append(keyed(`old-${key}`))
  const kept = () => database.prepare('select count(*) as kept from annals_once').get()?.['kept']
  expect(kept()).toBe(10)
  now += 60 * 60 * 1000
  expect(await store.remembered('', { stream, key: 'old-0' })).toBeUndefined()
  await store.append(keyed('new'))
  expect(kept()).toBe(9)
  await store.append(keyed('old-9'))
  expect(await store.remembered('', { stream, key: 'old-9' })).toMatchObject({ fingerprint: 'f' })
})

test('a decision made before the file was put back from a backup is refused', async () => {
  await using store = sqlite(here.path)
  const { epoch, position } = await store.settled()
  const decision = (seen: number) => ({
    filters: [{}],
    after: { epoch, position: position + seen, seen: [] },
  })
  const refused = store.append({ ...append(), guard: { decision: decision(1) } })
  await expect(refused).rejects.toMatchObject({ code: 'ANNALS_EPOCH' })
  await store.append({ ...append(), guard: { decision: decision(0) } })
})

test('two stores on one file see what the other has written', async () => {
  await using left = sqlite(here.path)
  await using right = sqlite(here.path)
  for (let round = 0; round < 20; round++)
    await Promise.all([left.append(append()), right.append(append())])
  const versions = (await everything(left)).map(({ version }) => version)
  expect(versions).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  expect(await everything(right)).toEqual(await everything(left))
})
