import Database from 'better-sqlite3'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { append, draft, everything, place, refusal } from '../../../test/faults/sqlite-place.ts'
import { ConflictError, UnavailableError } from '../../core/errors.ts'
import { sqlite } from './index.ts'

const here = place()

beforeEach(async () => {
  await using store = sqlite(here.path)
  await store.append(append({ type: 'Before' }))
  const own = new DatabaseSync(here.path)
  own.exec('create table accounts (name text)')
  own.close()
})

const query = { tenant: '', filters: [{}] }

test('an append in a transaction is there with the rest of it, and not before', async () => {
  await using store = sqlite(here.path)
  const tx = new DatabaseSync(here.path)
  tx.exec("begin immediate; insert into accounts values ('ann')")
  const { events } = await store.append(append({ type: 'Inside' }), { tx })
  expect(events).toMatchObject([{ version: 2, position: 2 }])
  expect(await everything(store)).toHaveLength(1)
  const inside = []
  for await (const page of store.read(query, { tx })) inside.push(...page)
  expect(inside).toHaveLength(2)
  expect(await store.settled({ tx })).toMatchObject({ position: 2 })
  expect(await store.settled()).toMatchObject({ position: 1 })
  tx.exec('commit')
  expect(await everything(store)).toHaveLength(2)
  tx.close()
})

test('an append goes with the transaction when that is rolled back', async () => {
  await using store = sqlite(here.path)
  const tx = new DatabaseSync(here.path)
  tx.exec('begin immediate')
  const once = [
    { stream: { category: 'file', id: '1' }, key: 'k', fingerprint: 'f', version: 2, events: 1 },
  ]
  await store.append({ ...append(), once }, { tx })
  const key = { stream: { category: 'file', id: '1' }, key: 'k' }
  expect(await store.remembered('', key, { tx })).toMatchObject({ version: 2 })
  tx.exec('rollback')
  expect(await store.remembered('', key)).toBeUndefined()
  expect(await everything(store)).toHaveLength(1)
  tx.close()
})

test('an append that is refused leaves the transaction as it was, and open', async () => {
  await using store = sqlite(here.path)
  const tx = new DatabaseSync(here.path)
  tx.exec("begin immediate; insert into accounts values ('ann')")
  const streams = [{ category: 'file', id: '1', version: 7 }]
  await expect(store.append({ ...append(), guard: { streams } }, { tx })).rejects.toThrow(
    ConflictError,
  )
  tx.exec(`
    create temp trigger only_once after insert on annals_events
    when new.type = 'Torn' begin select raise(abort, 'torn'); end`)
  const torn = { tenant: '', drafts: [draft(), draft({ type: 'Torn' })] }
  await expect(store.append(torn, { tx })).rejects.toThrow('torn')
  tx.exec('commit')
  expect(await everything(store)).toHaveLength(1)
  expect(tx.prepare('select name from accounts').all()).toHaveLength(1)
  tx.close()
})

test('a transaction that was overtaken conflicts, and says to begin again', async () => {
  await using store = sqlite(here.path)
  const tx = new DatabaseSync(here.path)
  tx.exec('begin; select * from accounts')
  tx.prepare('select count(*) from accounts').get()
  await store.append(append())
  const refused = await refusal(store.append(append(), { tx }))
  expect(refused).toBeInstanceOf(ConflictError)
  expect(String(refused)).toMatch(/roll it back.*BEGIN IMMEDIATE/)
  tx.exec('rollback')
  tx.close()
})

test('a transaction that has not read yet is not overtaken by what came before', async () => {
  await using store = sqlite(here.path)
  const tx = new DatabaseSync(here.path)
  tx.exec('begin')
  await store.append(append())
  await store.append(append(), { tx })
  tx.exec('commit')
  expect((await everything(store)).map(({ version }) => version)).toEqual([1, 2, 3])
  tx.close()
})

test('a transaction that has not read yet may wait for another writer, and is not overtaken by it', async () => {
  await using store = sqlite(here.path)
  const tx = new DatabaseSync(here.path)
  tx.exec('begin')
  const other = begun(new DatabaseSync(here.path))
  await store.settled()
  const waiting = store.append(append(), { tx })
  // it has asked once, in vain, before these turns are over
  for (let turns = 0; turns < 3; turns++) await nextTurn()
  other.exec("insert into accounts values ('bob'); commit")
  await waiting
  tx.exec('commit')
  expect(await everything(store)).toHaveLength(2)
  tx.close()
  other.close()
})

test('an append that waits for a transaction of its own program says so in the end', async () => {
  await using store = sqlite(here.path, { timeout: '30ms' })
  const tx = new DatabaseSync(here.path)
  tx.exec('begin immediate')
  const refused = await refusal(store.append(append()))
  expect(refused).toBeInstanceOf(UnavailableError)
  expect(String(refused)).toContain('`tx`')
  tx.exec('rollback')
  tx.close()
})

test.each([
  [
    "the store's own connection",
    /second connection/,
    (own: DatabaseSync) => (own.exec('begin'), own),
  ],
  ['no transaction', /BEGIN IMMEDIATE/, () => new DatabaseSync(here.path)],
  ['another file', /open it on/, () => begun(new DatabaseSync(join(here.folder, 'other.db')))],
  ['a database in memory', /in memory/, () => begun(new DatabaseSync(':memory:'))],
  ['the other driver', /two copies of SQLite/, () => begun(new Database(here.path))],
  ['something else', /no database/, () => ({}) as never],
])('%s is refused as a transaction', async (_, message, open) => {
  const own = new DatabaseSync(here.path)
  await using store = sqlite(own)
  await store.settled()
  const tx = open(own)
  const refused = await refusal(store.append(append(), { tx }))
  expect(refused).toMatchObject({ code: 'ANNALS_OPTION' })
  expect(String(refused)).toMatch(message)
})

test('a connection is asked again for its transaction each time', async () => {
  await using store = sqlite(here.path)
  const tx = begun(new DatabaseSync(here.path))
  await store.append(append(), { tx })
  tx.exec('commit')
  await expect(store.append(append(), { tx })).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
  tx.close()
})

test('a file is the same by another name', async () => {
  const link = join(here.folder, 'link.db')
  symlinkSync(here.path, link)
  await using store = sqlite(here.path)
  const tx = begun(new DatabaseSync(link))
  await store.append(append(), { tx })
  tx.exec('commit')
  expect(await everything(store)).toHaveLength(2)
  tx.close()
})

function begun<Connection extends { exec(sql: string): unknown }>(
  connection: Connection,
): Connection {
  connection.exec('begin immediate')
  return connection
}

test('a store that was never used says what to do when the transaction holds its new file', async () => {
  const path = join(here.folder, 'new.db')
  await using store = sqlite(path, { timeout: '20ms' })
  const tx = new DatabaseSync(path)
  tx.exec('begin immediate')
  expect(await refusal(store.append(append(), { tx }))).toMatchObject({
    code: 'ANNALS_OPTION',
    message: expect.stringContaining(
      'use a new store once before the transaction begins',
    ) as string,
  })
  tx.exec('commit')
  await store.settled()
  tx.exec('begin immediate')
  await store.append(append(), { tx })
  tx.exec('commit')
  tx.close()
})
