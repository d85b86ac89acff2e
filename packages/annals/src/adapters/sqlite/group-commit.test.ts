import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { append, draft, everything, place } from '../../../test/faults/sqlite-place.ts'
import { sqlite } from './index.ts'

const here = place()

/** A database that counts how often something is committed. */
function counting(): { database: DatabaseSync; commits: () => number } {
  let commits = 0
  class Counting extends DatabaseSync {
    override prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
      const statement = super.prepare(sql)
      if (sql !== 'commit') return statement
      const run = statement.run.bind(statement)
      return Object.assign(statement, { run: () => (commits++, run()) })
    }
  }
  return { database: new Counting(here.path), commits: () => commits }
}

test('the appends of one turn are committed together, up to 64', async () => {
  const { database, commits } = counting()
  await using store = sqlite(database)
  await store.settled()
  const before = commits()
  const results = await Promise.all(Array.from({ length: 100 }, () => store.append(append())))
  expect(commits() - before).toBe(2)
  expect(results.map(({ position }) => position)).toEqual(results.map((_, index) => index + 1))
})

test('appends of many events or much data fill a batch early', async () => {
  const { database, commits } = counting()
  await using store = sqlite(database)
  await store.settled()
  const before = commits()
  const many = { tenant: '', drafts: Array.from({ length: 600 }, () => draft()) }
  await Promise.all([
    store.append(many),
    store.append(append()),
    store.append({ ...many, drafts: many.drafts.map(() => draft()) }),
  ])
  expect(commits() - before).toBe(2)
  const long = { data: JSON.stringify('x'.repeat(700_000)) }
  await Promise.all([
    store.append(append(long)),
    store.append(append(long)),
    store.append(append()),
  ])
  expect(commits() - before).toBe(4)
})

test('one that loses does not stop the others, and each has its own outcome', async () => {
  const { database, commits } = counting()
  await using store = sqlite(database)
  const first = append()
  await store.append(first)
  const before = commits()
  const streams = [{ category: 'file', id: '1', version: 7 }]
  const outcomes = await Promise.allSettled([
    store.append(append()),
    store.append({ ...append(), guard: { streams } }),
    store.append(first),
    store.append({ ...first, drafts: first.drafts.map((one) => ({ ...one, data: '1' })) }),
    store.append(append()),
  ])
  expect(
    outcomes.map((outcome) =>
      outcome.status === 'fulfilled'
        ? outcome.value.events[0]?.version
        : (outcome.reason as { code: string }).code,
    ),
  ).toEqual([2, 'ANNALS_CONFLICT', 1, 'ANNALS_ID_REUSED', 3])
  expect(commits() - before).toBe(1)
})

test('the same append twice in one turn is stored once, and both have its result', async () => {
  await using store = sqlite(here.path)
  const one = append()
  const [first, second] = await Promise.all([store.append(one), store.append(one)])
  expect(second.events).toEqual(first.events)
  expect(await everything(store)).toHaveLength(1)
})

test('when a batch fails its members go one by one, and only the guilty one fails', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  await store.settled()
  database.exec(`
    create temp trigger guilty after insert on annals_events
    when new.type = 'Guilty' begin select raise(abort, 'guilty'); end`)
  const types = ['A', 'B', 'Guilty', 'C', 'Guilty', 'D']
  const outcomes = await Promise.allSettled(types.map((type) => store.append(append({ type }))))
  const refused = outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason))
  expect(refused).toEqual([false, false, 'Error: guilty', false, 'Error: guilty', false])
  expect((await everything(store)).map(({ type }) => type)).toEqual(['A', 'B', 'C', 'D'])
  database.close()
})

test('an append whose work on read models fails leaves no hole in its batch', async () => {
  const { database, commits } = counting()
  await using store = sqlite(database)
  const view = { name: 'tally', version: '1' }
  await store.ledger.register([{ ...view, kind: 'view', slices: 1, from: 0, inline: true }])
  const before = commits()
  const inline = (change: () => []) => ({ models: [view], documents: [], own: [], change })
  const failing = () => {
    throw new Error('the fold failed')
  }
  const works = [() => [] as [], failing, () => [] as []]
  const outcomes = await Promise.allSettled(
    works.map((work) => store.append({ ...append(), inline: inline(work) })),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await everything(store)).toMatchObject([
    { version: 1, position: 1 },
    { version: 2, position: 2 },
  ])
  expect(commits() - before).toBe(1)
})

test('an append that fails midway leaves nothing of it', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  await store.settled()
  database.exec(`
    create temp trigger guilty after insert on annals_events
    when new.type = 'Guilty' begin select raise(abort, 'guilty'); end`)
  const torn = {
    tenant: '',
    drafts: [draft(), draft({ tags: ['a:1'] }), draft({ type: 'Guilty' })],
  }
  await Promise.allSettled([store.append(torn), store.append(append())])
  expect((await everything(store)).map(({ version }) => version)).toEqual([1])
  expect(database.prepare('select * from annals_event_tags').all()).toEqual([])
  database.close()
})

test('a caller who appends again and again lets the rest of the program go on', async () => {
  await using store = sqlite(here.path)
  await store.settled()
  let turns = 0
  const watch = setInterval(() => turns++, 1)
  for (let count = 0; count < 20_000 && turns < 3; count++) await store.append(append())
  clearInterval(watch)
  expect(turns).toBe(3)
})
