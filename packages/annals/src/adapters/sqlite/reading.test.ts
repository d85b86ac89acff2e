import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { append, draft, pages, place } from '../../../test/faults/sqlite-place.ts'
import type { Filter } from '../../store/store.ts'
import { sqlite } from './index.ts'
import { logPage, streamPage } from './queries.ts'

const here = place()
const megabyte = 1024 * 1024
const all = { tenant: '', filters: [{}] }
const stream = { tenant: '', filters: [{ category: 'file', id: '1' }] }

test('a page ends when it holds about 4 MB, though more events were asked for', async () => {
  await using store = sqlite(here.path)
  const data = JSON.stringify('x'.repeat(megabyte))
  const drafts = Array.from({ length: 10 }, () => draft({ data }))
  await store.append({ tenant: '', drafts })
  for (const query of [all, stream])
    for (const backwards of [false, true]) {
      const read = await pages(store, query, { backwards })
      expect(read.map(({ length }) => length)).toEqual([4, 4, 2])
      const positions = read.flat().map(({ position }) => position)
      expect(positions).toEqual(
        backwards ? [10, 9, 8, 7, 6, 5, 4, 3, 2, 1] : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      )
      expect(read.flat().every((event) => event.data === data)).toBe(true)
    }
})

test('no more than a page is in memory, however long the events are', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  const data = JSON.stringify('x'.repeat(megabyte))
  await store.append({ tenant: '', drafts: Array.from({ length: 10 }, () => draft({ data })) })
  let longest = 0
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => {
    const statement = prepare(sql)
    const read = statement.all.bind(statement)
    return Object.assign(statement, {
      all: (...values: string[]) => {
        const rows = read(...values)
        longest = Math.max(longest, JSON.stringify(rows).length)
        return rows
      },
    })
  }
  for (const query of [all, stream]) expect(await pages(store, query)).toHaveLength(3)
  expect(longest).toBeGreaterThan(0)
  expect(longest).toBeLessThan(megabyte)
})

test('long data and long metadata come whole among short ones', async () => {
  await using store = sqlite(here.path)
  const long = JSON.stringify('é'.repeat(20_000))
  const drafts = [draft(), draft({ data: long }), draft({ metadata: long }), draft()]
  await store.append({ tenant: '', drafts })
  for (const query of [all, stream]) {
    const read = (await pages(store, query)).flat()
    expect(read.map(({ data }) => data)).toEqual(['{}', long, '{}', '{}'])
    expect(read.map(({ metadata }) => metadata)).toEqual(['{}', '{}', long, '{}'])
  }
})

test('what matches one event of 60,000 is found from either end', async () => {
  await using store = sqlite(here.path)
  for (let batch = 0; batch < 60; batch++) {
    const rare = batch === 40 ? { type: 'Rare', tags: ['rare:1'] } : {}
    const drafts = Array.from({ length: 1_000 }, (_, number) => draft(number === 7 ? rare : {}))
    await store.append({ tenant: '', drafts })
  }
  const filters: Filter[] = [
    { types: ['Rare'] },
    { tags: ['rare:1'] },
    { types: ['Rare'], tags: ['rare:1'] },
  ]
  for (const filter of filters)
    for (const backwards of [false, true]) {
      const read = await pages(store, { tenant: '', filters: [filter] }, { backwards })
      expect(read.map((page) => page.map(({ position }) => position))).toEqual([[40_008]])
    }
})

test('a read that finds little lets the rest of the program go on', async () => {
  await using store = sqlite(here.path)
  const drafts = Array.from({ length: 30_000 }, () => draft())
  await store.append({ tenant: '', drafts })
  let turns = 0
  const watch = setInterval(() => turns++, 0)
  expect(await pages(store, { tenant: '', filters: [{ types: ['None'] }] })).toEqual([])
  clearInterval(watch)
  expect(turns).toBeGreaterThan(0)
})

test('an aborted read that finds nothing stops with the reason', async () => {
  await using store = sqlite(here.path)
  const drafts = Array.from({ length: 30_000 }, () => draft())
  await store.append({ tenant: '', drafts })
  const controller = new AbortController()
  const read = pages(
    store,
    { tenant: '', filters: [{ types: ['None'] }] },
    { signal: controller.signal },
  )
  setImmediate(() => controller.abort(new Error('enough')))
  await expect(read).rejects.toThrow('enough')
})

test.each([
  ['after', { after: -1 }],
  ['until', { until: 0.5 }],
  ['limit', { limit: NaN }],
  ['page', { page: 0 }],
  ['versions.after', { versions: { after: -1 } }],
])('a read refuses a wrong %s', async (name, options) => {
  await using store = sqlite(here.path)
  await expect(pages(store, stream, options)).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message: expect.stringContaining(`option ${name} `) as string,
  })
})

test('versions are for a query of one stream', async () => {
  await using store = sqlite(here.path)
  const read = pages(store, all, { versions: { after: 1 } })
  await expect(read).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
})

test('reads go by the indexes', async () => {
  await using store = sqlite(here.path)
  await store.append(append())
  const database = new DatabaseSync(here.path)
  const window = { after: 0, until: 100, backwards: false, size: 10, longest: 100 }
  const plan = ({ sql, values }: ReturnType<typeof logPage>) =>
    database
      .prepare(`explain query plan ${sql}`)
      .all(...values)
      .map((row) => String(row['detail']))
      .join('; ')
  const log = (...filters: Filter[]) => plan(logPage({ tenant: '', filters }, window))
  expect(log({})).toBe('SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)')
  const tags = log({ tags: ['a:1', 'b:2'], types: ['A', 'B'] }, { tags: ['c:3'] })
  expect(tags).toContain('SEARCH e USING INTEGER PRIMARY KEY (rowid=?)')
  expect(tags).toContain(
    'SEARCH i USING PRIMARY KEY (tenant=? AND tag=? AND position>? AND position<?)',
  )
  expect(tags).toMatch(
    /SEARCH t (EXISTS )?USING PRIMARY KEY \(tenant=\? AND tag=\? AND position=\?\)/,
  )
  expect(tags).not.toMatch(/SCAN [eit]\b/)
  const streams = log({ category: 'a', id: '1' }, { category: 'b', id: '2' })
  expect(streams).toContain('(tenant=? AND category=? AND stream_id=?')
  expect(streams).not.toMatch(/SCAN e\b/)
  const one = plan(
    streamPage({ tenant: '', category: 'a', id: '1' }, [{}], { window, after: 0, until: 9 }),
  )
  expect(one).toMatch(
    /^SEARCH e USING INDEX \S+ \(tenant=\? AND category=\? AND stream_id=\? AND version>\? AND version<\?\)$/,
  )
  database.close()
})
