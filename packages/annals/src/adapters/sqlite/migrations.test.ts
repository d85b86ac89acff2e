import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { append, everything, place } from '../../../test/faults/sqlite-place.ts'
import { Connection } from './connection.ts'
import { sqlite } from './index.ts'
import type { Migration } from '../../store/migrations.ts'
import { migrate, ownMigrations } from './migrations.ts'

const here = place()

test('every migration says whether it breaks', () => {
  const shipped = ownMigrations()
  expect(shipped[0]).toMatchObject({ name: '001-events', breaks: false })
  expect(shipped.map(({ name }) => name)).toEqual(shipped.map(({ name }) => name).toSorted())
})

test(
  'ten processes that start at once on a new file all find its tables',
  { timeout: 60_000 },
  async () => {
    const script = join(import.meta.dirname, '../../../test/faults/sqlite-writer.ts')
    const children = Array.from({ length: 10 }, (_, number) =>
      spawn(execPath, [script, here.path, `starter-${number}`, '1'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    )
    const ends = await Promise.all(
      children.map(async (child) => {
        let told = ''
        child.stderr?.on('data', (text) => (told += String(text)))
        const [code] = (await once(child, 'close')) as [number]
        return { code, told }
      }),
    )
    expect(ends).toEqual(children.map(() => ({ code: 0, told: '' })))
    await using store = sqlite(here.path)
    // three events of each of four callers, and the creation that one process wins
    expect(await everything(store)).toHaveLength(10 * 4 * 3 + 1)
  },
)

test('a migration that fails leaves nothing, and the next start tries it again', () => {
  const connection = connected()
  const good: Migration = { name: '901-good', sql: 'create table one (a integer)', breaks: false }
  const bad: Migration = {
    name: '902-bad',
    sql: 'create table two (a integer); insert into nowhere values (1)',
    breaks: false,
  }
  expect(() => migrate(connection, [good, bad])).toThrow(/nowhere/)
  expect(tables(connection)).toEqual([])
  migrate(connection, [good])
  expect(tables(connection)).toEqual(['annals_migrations', 'one'])
})

test('who loses the race of migrating finds it done', () => {
  const migration: Migration = {
    name: '901-new',
    sql: 'create table one (a integer)',
    breaks: false,
  }
  class Overtaken extends Connection {
    override transaction<Result>(work: () => Result): Result {
      migrate(connected(), [migration])
      return super.transaction(work)
    }
  }
  const loser = new Overtaken(new DatabaseSync(here.path), here.path)
  migrate(loser, [migration])
  expect(tables(loser)).toEqual(['annals_migrations', 'one'])
})

test('what another process has migrated is not migrated twice', () => {
  const first = connected()
  const migration: Migration = {
    name: '901-new',
    sql: 'create table one (a integer)',
    breaks: false,
  }
  migrate(first, [migration])
  migrate(connected(), [migration])
  expect(tables(first)).toEqual(['annals_migrations', 'one'])
})

test('a database that a newer version changed is used as long as that did not break it', async () => {
  await newer({ breaks: false })
  await using store = sqlite(here.path)
  await store.append(append())
  expect(await everything(store)).toHaveLength(1)
})

test('a database that a newer version broke is refused, and names the package to upgrade', async () => {
  await newer({ breaks: true })
  await using store = sqlite(here.path)
  const refused = {
    code: 'ANNALS_NEWER_DATABASE',
    message: expect.stringMatching(/900-future.*upgrade/) as string,
  }
  await expect(store.append(append())).rejects.toMatchObject(refused)
  await expect(everything(store)).rejects.toMatchObject(refused)
})

async function newer({ breaks }: { breaks: boolean }): Promise<void> {
  {
    await using store = sqlite(here.path)
    await store.settled()
  }
  const database = new DatabaseSync(here.path)
  const insert = 'insert into annals_migrations (name, breaks, at) values (?, ?, 0)'
  database.prepare(insert).run('900-future', breaks ? 1 : 0)
  database.close()
}

function connected(): Connection {
  return new Connection(new DatabaseSync(here.path), here.path)
}

function tables(connection: Connection): readonly string[] {
  const rows = connection.rows<[string]>(
    "select name from sqlite_schema where type = 'table' order by name",
  )
  return rows.map(([name]) => name)
}
