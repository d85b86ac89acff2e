import Database from 'better-sqlite3'
import { mkdirSync, openSync, closeSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  append,
  draft,
  everything,
  pages,
  place,
  refusal,
} from '../../../test/faults/sqlite-place.ts'
import { UnavailableError } from '../../core/errors.ts'
import { explained, isBusy } from './failures.ts'
import { sqlite } from './index.ts'

const here = place()

test('a file that is no database is told as such, whatever is asked', async () => {
  writeFileSync(here.path, 'this is a letter, and no database of any kind'.repeat(100))
  await using store = sqlite(here.path)
  const refused = { code: 'ANNALS_CORRUPT', message: expect.stringContaining(here.path) as string }
  await expect(store.append(append())).rejects.toMatchObject(refused)
  await expect(store.settled()).rejects.toMatchObject(refused)
  await expect(everything(store)).rejects.toMatchObject(refused)
})

test('a damaged page is told when it is met, with the error of the driver', async () => {
  {
    await using store = sqlite(here.path)
    const drafts = Array.from({ length: 1_000 }, () =>
      draft({ data: JSON.stringify('x'.repeat(200)) }),
    )
    await store.append({ tenant: '', drafts })
  }
  const file = openSync(here.path, 'r+')
  for (let page = 20; page < 40; page++)
    writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, page * 4096)
  closeSync(file)
  await using store = sqlite(here.path)
  const refused = await refusal(everything(store))
  expect(refused).toMatchObject({ code: 'ANNALS_CORRUPT', retry: false })
  expect(refused).toHaveProperty('cause.message', 'database disk image is malformed')
})

describe.each([
  ['node:sqlite', (path: string) => new DatabaseSync(path, { readOnly: true })],
  ['better-sqlite3', (path: string) => new Database(path, { readonly: true })],
])('a database that %s opened read-only', (_, openReadOnly) => {
  test('is read, and refuses an append', async () => {
    {
      await using store = sqlite(here.path)
      await store.append(append())
    }
    const database = openReadOnly(here.path)
    await using store = sqlite(database)
    await expect(store.append(append())).rejects.toMatchObject({ code: 'ANNALS_READ_ONLY' })
    expect(await everything(store)).toHaveLength(1)
    database.close()
  })

  test('is refused when its tables are not there yet', async () => {
    new DatabaseSync(here.path).exec('create table mine (name text)')
    const database = openReadOnly(here.path)
    await using store = sqlite(database)
    await expect(store.settled()).rejects.toMatchObject({ code: 'ANNALS_READ_ONLY' })
    database.close()
  })
})

test('a folder that is not there is named', async () => {
  await using store = sqlite(join(here.folder, 'missing', 'events.db'))
  const refused = await refusal(store.settled())
  expect(refused).toMatchObject({ code: 'ANNALS_OPTION' })
  expect(String(refused)).toContain(`the folder ${join(here.folder, 'missing')} is not there`)
})

test('a path that is a folder cannot be written', async () => {
  mkdirSync(here.path)
  await using store = sqlite(here.path)
  await expect(store.settled()).rejects.toMatchObject({ code: 'ANNALS_READ_ONLY' })
})

test('an opening that failed is tried again by the next use', async () => {
  const path = join(here.folder, 'later', 'events.db')
  await using store = sqlite(path)
  await expect(store.append(append())).rejects.toThrow(/folder/)
  mkdirSync(join(here.folder, 'later'))
  await store.append(append())
  expect(await everything(store)).toHaveLength(1)
})

describe('a database that another connection holds', () => {
  test('is waited for until the timeout, then it says what to look for', async () => {
    await using store = sqlite(here.path, { timeout: '60ms' })
    await store.settled()
    const other = new DatabaseSync(here.path)
    other.exec('begin immediate')
    const started = performance.now()
    const refused = await Promise.all([1, 2, 3].map(() => refusal(store.append(append()))))
    expect(performance.now() - started).toBeGreaterThanOrEqual(59)
    for (const error of refused) {
      expect(error).toBeInstanceOf(UnavailableError)
      expect(String(error)).toMatch(/more than 60 ms.*`tx`.*`timeout`/)
    }
    other.exec('rollback')
    await store.append(append())
    expect(await everything(store)).toHaveLength(1)
    other.close()
  })

  test('is waited for also when it is opened first', async () => {
    const other = new DatabaseSync(here.path)
    other.exec('create table mine (name text); begin exclusive')
    await using store = sqlite(here.path)
    const waiting = store.append(append())
    for (let turns = 0; turns < 3; turns++) await nextTurn()
    other.exec('commit')
    await waiting
    expect(await everything(store)).toHaveLength(1)
    other.close()
  })

  test('takes the appends that waited, in their order, when it is free', async () => {
    await using store = sqlite(here.path)
    await store.settled()
    const other = new DatabaseSync(here.path)
    other.exec('begin immediate')
    const waiting = ['a', 'b', 'c'].map((type) => store.append(append({ type })))
    // reads go on meanwhile
    expect(await pages(store)).toEqual([])
    other.exec('commit')
    await Promise.all(waiting)
    expect((await everything(store)).map(({ type }) => type)).toEqual(['a', 'b', 'c'])
    other.close()
  })

  test('does not hold up the program', async () => {
    await using store = sqlite(here.path)
    await store.settled()
    const other = new DatabaseSync(here.path)
    other.exec('begin immediate')
    const waiting = store.append(append())
    // only a program that goes on comes to this
    setTimeout(() => other.exec('commit'), 50)
    await waiting
    other.close()
  })

  test('is waited for no longer than the signal of the append allows', async () => {
    await using store = sqlite(here.path)
    await store.settled()
    const other = new DatabaseSync(here.path)
    other.exec('begin immediate')
    const controller = new AbortController()
    const [aborted, patient] = [
      store.append(append({ type: 'Aborted' }), { signal: controller.signal }),
      store.append(append({ type: 'Patient' })),
    ]
    controller.abort(new Error('the caller went home'))
    await expect(aborted).rejects.toThrow('the caller went home')
    other.exec('commit')
    await patient
    expect((await everything(store)).map(({ type }) => type)).toEqual(['Patient'])
    other.close()
  })
})

test.each([
  ['SQLITE_BUSY', 5, 'ANNALS_UNAVAILABLE'],
  ['SQLITE_LOCKED_SHAREDCACHE', 262, 'ANNALS_UNAVAILABLE'],
  ['SQLITE_BUSY_SNAPSHOT', 517, 'ANNALS_CONFLICT'],
  ['SQLITE_PERM', 3, 'ANNALS_READ_ONLY'],
  ['SQLITE_READONLY_DBMOVED', 1032, 'ANNALS_READ_ONLY'],
  ['SQLITE_IOERR_FSYNC', 1034, 'ANNALS_UNAVAILABLE'],
  ['SQLITE_CORRUPT_INDEX', 779, 'ANNALS_CORRUPT'],
  ['SQLITE_FULL', 13, 'ANNALS_DISK_FULL'],
  ['SQLITE_TOOBIG', 18, 'ANNALS_TOO_LARGE'],
  ['SQLITE_NOTADB', 26, 'ANNALS_CORRUPT'],
])('%s of either driver becomes its error, and keeps the cause', (code, errcode, expected) => {
  for (const cause of [
    Object.assign(new Error('of better-sqlite3'), { code }),
    Object.assign(new Error('of node:sqlite'), { code: 'ERR_SQLITE_ERROR', errcode }),
  ])
    expect(explained(cause, here.path)).toMatchObject({ code: expected, cause })
})

test('a transaction that was overtaken is not waited for: it stays overtaken', () => {
  expect(isBusy(Object.assign(new Error(), { code: 'SQLITE_BUSY' }))).toBe(true)
  expect(isBusy(Object.assign(new Error(), { code: 'SQLITE_BUSY_SNAPSHOT' }))).toBe(false)
})

test('what is no failure of SQLite stays as it is', () => {
  const error = new Error('a bug')
  expect(explained(error, here.path)).toBe(error)
})
