import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test, vi } from 'vitest'
import { append, draft, place } from '../../../test/faults/sqlite-place.ts'
import type { EventStore, Position, Query } from '../../store/store.ts'
import { Connection } from './connection.ts'
import { following } from './following.ts'
import { sqlite } from './index.ts'

const here = place()
const nothing: Query = { tenant: undefined, filters: [{ types: ['Never'] }] }

afterEach(() => void vi.restoreAllMocks())

/** A log of so many events of one stream of each of two types, faster than appending them. */
async function filled(events: number): Promise<Connection> {
  {
    await using store = sqlite(here.path)
    await store.append(append())
  }
  const database = new DatabaseSync(here.path)
  database.exec(`
    insert into annals_events
      (position, tenant, category, stream_id, version, id, type, schema_version, data, metadata, at)
    with recursive counted (n) as (select 1 union all select n + 1 from counted where n < ${events - 1})
    select n + 1, '', 'file', iif(n % 2, '2', '1'), n + 1, 'id-' || n, iif(n % 2, 'Odd', 'Even'), 1, '{}', '{}', 0
    from counted`)
  return new Connection(database, here.path)
}

/** A clock that goes on by so many milliseconds each time it is read. */
function ticking(step: number): void {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += step))
}

test('a query that matches nothing goes on by what can be looked at in some milliseconds', async () => {
  const connection = await filled(200_000)
  const reached = (step: number) => {
    ticking(step)
    return following(connection, nothing, { after: 0 })
  }
  expect(reached(0)).toEqual({ events: [], until: 200_000 })
  expect(reached(10)).toEqual({ events: [], until: 2_500 })
  // windows of 2,500 and of 10,000 positions
  expect(reached(2)).toEqual({ events: [], until: 12_500 })
  connection.database.close()
})

test('a long stream is gone along in the same way', async () => {
  const connection = await filled(60_000)
  const stream = { category: 'file', id: '2', types: ['Even'] }
  ticking(10)
  const query = { tenant: '', filters: [stream] }
  const first = following(connection, query, { after: 0 })
  expect(first).toEqual({ events: [], until: 2_500 })
  const positions: Position[] = []
  for (let after = 0; after < 60_000;) {
    const odd = { tenant: '', filters: [{ ...stream, types: ['Odd'] }] }
    const { events, until } = following(connection, odd, { after, limit: 7_000 })
    positions.push(...events.map(({ position }) => position))
    expect(until).toBeGreaterThan(after)
    after = until
  }
  expect(positions).toEqual(Array.from({ length: 30_000 }, (_, index) => 2 * index + 2))
  connection.database.close()
})

test('a stream is found from any position, without its other events', async () => {
  const connection = await filled(50_000)
  connection.database.exec(`
    insert into annals_settings (name, value) values ('events may change', 'a test');
    delete from annals_events where position between 20000 and 20100 or position > 49990`)
  const query = { tenant: '', filters: [{ category: 'file', id: '1' }] }
  const rows = vi.spyOn(connection, 'row')
  for (const [after, next] of [
    [0, 1],
    [1, 3],
    [2, 3],
    [19_998, 19_999],
    [19_999, 20_101],
    [20_050, 20_101],
    [49_988, 49_989],
    [49_989, undefined],
    [49_995, undefined],
  ] as const) {
    rows.mockClear()
    const { events, until } = following(connection, query, { after, limit: 1 })
    expect([after, events[0]?.position]).toEqual([after, next])
    expect(until).toBe(next ?? 50_000)
    expect(rows.mock.calls.length).toBeLessThan(20)
  }
  connection.database.close()
})

test('a page of a follower ends when it holds about 4 MB, in one window or in several', async () => {
  await using store = sqlite(here.path)
  const long = JSON.stringify('x'.repeat(1024 * 1024))
  const drafts = Array.from({ length: 10 }, () => draft({ data: long }))
  await store.append({ tenant: '', drafts: drafts.slice(2) })
  const filler = Array.from({ length: 1_000 }, () => draft({ type: 'Filler' }))
  for (let batch = 0; batch < 11; batch++)
    await store.append({ tenant: '', drafts: filler.map(() => draft({ type: 'Filler' })) })
  await store.append({ tenant: '', drafts: drafts.map(() => draft({ data: long })) })
  ticking(0)
  const query: Query = { tenant: undefined, filters: [{ types: ['Written'] }] }
  expect(await sizes(store, query)).toEqual([4, 4, 4, 4, 2])
  const ofStream = { tenant: '', filters: [{ category: 'file', id: '1', types: ['Written'] }] }
  expect(await sizes(store, ofStream)).toEqual([4, 4, 4, 4, 2])
})

async function sizes(store: EventStore, query: Query): Promise<number[]> {
  const found: number[] = []
  const { position } = await store.settled()
  for (let after = 0; after < position;) {
    const { events, until } = await store.follow(query, { after })
    found.push(events.length)
    after = until
  }
  return found
}
