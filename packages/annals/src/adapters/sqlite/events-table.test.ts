import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { append, draft, everything, place } from '../../../test/faults/sqlite-place.ts'
import { sqlite } from './index.ts'

const here = place()

async function filled(): Promise<DatabaseSync> {
  await using store = sqlite(here.path)
  for (const type of ['First', 'Second']) await store.append(append({ type }))
  return new DatabaseSync(here.path)
}

const columns =
  'tenant, category, stream_id, version, id, type, schema_version, data, metadata, tags, at'

test.each([
  ['an update', "update annals_events set data = '{}'", /takes no update/],
  ['a delete', 'delete from annals_events', /takes no delete/],
  [
    'a replacement',
    `insert or replace into annals_events (position, ${columns}) select position, ${columns} from annals_events`,
    /takes no insert before its last position/,
  ],
])('%s by anybody is refused, and changes nothing', async (_, sql, message) => {
  const database = await filled()
  expect(() => database.exec(sql)).toThrow(message)
  database.close()
  await using store = sqlite(here.path)
  expect((await everything(store)).map(({ type }) => type)).toEqual(['First', 'Second'])
})

test('a transaction that says so may change events', async () => {
  const database = await filled()
  database.exec(`
    begin immediate;
    insert into annals_settings (name, value) values ('events may change', 'a test');
    update annals_events set data = '"erased"' where version = 1;
    delete from annals_settings where name = 'events may change';
    commit`)
  expect(() => database.exec('delete from annals_events')).toThrow(/takes no delete/)
  database.close()
  await using store = sqlite(here.path)
  expect((await everything(store)).map(({ data }) => data)).toEqual(['"erased"', '{}'])
})

test('a position is never given again, even after the newest events were taken away', async () => {
  const database = await filled()
  database.exec(`
    begin immediate;
    insert into annals_settings (name, value) values ('events may change', 'a test');
    delete from annals_events where position = 2;
    delete from annals_settings where name = 'events may change';
    commit`)
  database.close()
  await using store = sqlite(here.path)
  expect(await store.settled()).toMatchObject({ position: 2 })
  const { events } = await store.append(append())
  expect(events).toMatchObject([{ position: 3, version: 2 }])
})

test('positions that a number cannot count exactly are refused before anything is written', async () => {
  const database = await filled()
  database.exec(
    `update sqlite_sequence set seq = ${Number.MAX_SAFE_INTEGER - 1} where name = 'annals_events'`,
  )
  database.close()
  await using store = sqlite(here.path)
  const two = { tenant: '', drafts: [draft(), draft()] }
  await expect(store.append(two)).rejects.toMatchObject({ code: 'ANNALS_CORRUPT' })
  await store.append(append({ type: 'Last' }))
  expect((await everything(store)).map(({ type }) => type)).toEqual(['First', 'Second', 'Last'])
})

test('tables of the program live in the same file', async () => {
  const database = await filled()
  database.exec('create table events (mine text); insert into events values (1)')
  database.close()
  await using store = sqlite(here.path)
  await store.append(append())
  expect(await everything(store)).toHaveLength(3)
})
