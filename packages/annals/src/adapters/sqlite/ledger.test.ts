import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { append, draft, everything, place } from '../../../test/faults/sqlite-place.ts'
import type { Registration } from '../../store/ledger.ts'
import { Connection } from './connection.ts'
import { sqlite } from './index.ts'
import { migrate, ownMigrations } from './migrations.ts'

const here = place()

function view(change: Partial<Registration> = {}): Registration {
  return {
    name: 'tally',
    version: '1',
    kind: 'view',
    slices: 1,
    from: 0,
    inline: false,
    fields: 0,
    ...change,
  }
}

/** Appends so many events, each of which raises the count in a document of an inline view. */
const counting = `
  const [path, name, events] = process.argv.slice(1)
  const { sqlite } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))})
  const store = sqlite(path, { timeout: '60s' })
  const model = { name: 'tally', version: '1' }
  const key = { model: 0, tenant: '', key: 'count' }
  const stream = { category: 'file', id: name }
  const event = { stream, type: 'Written', schemaVersion: 1, data: '{}', metadata: '{}', tags: [] }
  for (let count = 0; count < Number(events); count++)
    await store.append({
      tenant: '',
      drafts: [{ ...event, id: crypto.randomUUID() }],
      inline: {
        models: [model],
        documents: [key],
        change: ([{ position }], kept, before) =>
          [{ ...key, state: String(Number(before(key)?.state ?? 0) + 1), position, fields: [] }],
        own: [],
      },
    })
  await store.close()`

async function running(script: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(execPath, ['--input-type=module', '--eval', script, here.path, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr.on('data', (text) => (told += String(text)))
  const [code] = (await once(child, 'close')) as [number]
  return `${code} ${told}`
}

test('processes that append to one file keep a view together', { timeout: 60_000 }, async () => {
  await using store = sqlite(here.path)
  await store.ledger.register([view({ inline: true })])
  const names = ['a', 'b', 'c']
  const ends = await Promise.all(names.map((name) => running(counting, name, '100')))
  expect(ends).toEqual(names.map(() => '0 '))
  expect(await everything(store)).toHaveLength(300)
  const found = await store.documents.find(
    { name: 'tally', version: '1' },
    { tenant: '', key: 'count' },
  )
  expect(found).toMatchObject({ state: '300', position: 300 })
  expect(await store.ledger.overview()).toMatchObject([{ mode: 'inline' }])
})

test('a file from before there were followers is followed from its beginning', async () => {
  const connection = new Connection(new DatabaseSync(here.path), here.path)
  migrate(connection, ownMigrations().slice(0, 1))
  connection.run(`
    insert into annals_events
      (position, tenant, category, stream_id, version, id, type, schema_version, data, metadata, at)
    values (1, '', 'file', '1', 1, '00000000-0000-7000-8000-00000000000a', 'Written', 1, '{}', '{}', 0)`)
  connection.database.close()
  await using store = sqlite(here.path)
  await store.ledger.register([view({ inline: true })])
  expect(await store.ledger.overview()).toMatchObject([
    { mode: 'following', slices: [{ position: 0 }] },
  ])
  expect(await store.follow({ tenant: undefined, filters: [{}] }, { after: 0 })).toMatchObject({
    events: [{ position: 1 }],
    until: 1,
  })
})

test('names of views that look alike as tables have tables of their own', async () => {
  await using store = sqlite(here.path)
  const names = [
    { name: 'a-1', version: '2' },
    { name: 'a', version: '1.2' },
    { name: 'a-1-2', version: '3' },
    { name: 'a', version: '1.2.3' },
    { name: 'a-v1', version: '2' },
  ]
  await store.ledger.register(names.map((name) => view(name)))
  const leases = await store.ledger.claim(
    names.map((name) => ({ ...name, first: 0 })),
    'a',
    30_000,
  )
  for (const [index, lease] of leases.entries()) {
    const document = { tenant: '', key: 'k', state: `${index}`, position: 1, fields: [] }
    const work = { model: lease, keys: [document], change: () => [document] }
    await store.ledger.commit({ lease, position: 1, documents: work })
  }
  const found = await Promise.all(
    names.map((name) => store.documents.find(name, { tenant: '', key: 'k' })),
  )
  expect(found.map((one) => one?.state)).toEqual(['0', '1', '2', '3', '4'])
})

test('a view that nobody has registered has no documents, and a table that was damaged is told', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  const order = [{ field: 'key', descending: false }] as const
  expect(await store.documents.find(view(), { tenant: '', key: 'k' })).toBeUndefined()
  const all = { tenant: '', where: { all: [] } }
  expect(await store.documents.select(view(), { ...all, order, limit: 1 })).toEqual([])
  expect(await store.documents.count(view(), all)).toBe(0)
  await store.ledger.register([view()])
  database.exec('alter table annals_view_tally_v1 rename column key to other')
  await expect(
    store.documents.count(view(), { ...all, where: { field: 'key', in: ['k'] } }),
  ).rejects.toThrow(/key/)
})

test('documents are found by the indexes of their fields, in the order asked', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  await store.ledger.register([view({ fields: 2 })])
  const statements: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => (statements.push(sql), prepare(sql))
  const order = [
    { field: 1, descending: true },
    { field: 'key', descending: true },
  ] as const
  const where = { field: 1, from: 'a', before: 'b' }
  await store.documents.select(
    { name: 'tally', version: '1' },
    { tenant: '', where, order, limit: 5 },
  )
  const plan = prepare(`explain query plan ${statements.at(-1)}`).all('', 'a', 'b', 5)
  expect(plan.map(({ detail }) => detail)).toEqual([
    'SEARCH annals_view_tally_v1 USING INDEX annals_view_tally_v1_f1 (tenant=? AND f1>? AND f1<?)',
  ])
})

test('a condition may have thousands of parts', async () => {
  await using store = sqlite(here.path)
  await store.ledger.register([view({ fields: 1 })])
  const [lease] = await store.ledger.claim([{ ...view(), first: 0 }], 'a', 30_000)
  if (!lease) throw new Error('nobody has it')
  const documents = ['3', '1999', 'x'].map((key) => ({
    tenant: '',
    key,
    state: '{}',
    position: 1,
    fields: [key],
  }))
  const work = { model: lease, keys: documents, change: () => documents }
  await store.ledger.commit({ lease, position: 1, documents: work })
  const parts = Array.from({ length: 2_000 }, (_, value) => ({ field: 0, in: [`${value}`] }))
  const count = (where: Parameters<typeof store.documents.count>[1]['where']) =>
    store.documents.count(view(), { tenant: '', where })
  expect(await count({ any: parts })).toBe(2)
  expect(await count({ all: parts.map((part) => ({ not: part })) })).toBe(1)
})

test('what waits behind the first of its queue costs who looks for what is due nothing', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  await store.ledger.register([view()])
  const [lease] = await store.ledger.claim([{ ...view(), first: 0 }], 'a', 30_000)
  if (!lease) throw new Error('nobody has it')
  const statements: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => (statements.push(sql), prepare(sql))
  await store.ledger.due(lease, 10)
  await store.ledger.queues(lease)
  await store.ledger.tend({ owner: 'a', term: 30_000, held: [], runs: [view()] })
  const plans = statements
    .filter((sql) => sql.includes('annals_parked'))
    .map((sql) => {
      const values = Array.from(sql.matchAll(/\?/g), () => 1)
      return prepare(`explain query plan ${sql}`)
        .all(...values)
        .map(({ detail }) => String(detail))
    })
  expect(plans).toHaveLength(3)
  for (const plan of plans)
    expect(
      plan.filter((detail) => detail.includes('parked') || detail.includes(' p ')),
    ).toContainEqual(
      expect.stringContaining('annals_parked_heads (name=? AND version=? AND hash>? AND hash<?)'),
    )
})

test('who has been silent for long is forgotten', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database, { clock: () => new Date(now) })
  await store.ledger.register([view()])
  const tend = (owner: string) =>
    store.ledger.tend({ owner, term: 30_000, held: [], runs: [view()] })
  for (let started = 0; started < 5; started++) {
    await tend(`process-${started}`)
    now += 20_000
  }
  expect(database.prepare('select count(*) as count from annals_runners').get()).toEqual({
    count: 2,
  })
})

test('who is told that the store is closed meanwhile writes nothing', async () => {
  const holder = new DatabaseSync(here.path)
  const store = sqlite(here.path)
  await store.append(append({ ...draft() }))
  holder.exec('begin immediate')
  const waiting = store.ledger.register([view()])
  await nextTurn() // when it has found the file held
  const closing = store.close()
  await expect(waiting).rejects.toMatchObject({ code: 'ANNALS_CLOSED' })
  await closing
  await expect(store.ledger.overview()).rejects.toMatchObject({ code: 'ANNALS_CLOSED' })
  holder.exec('rollback')
  holder.close()
})
