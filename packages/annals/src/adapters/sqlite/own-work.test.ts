import Database from 'better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Generated,
} from 'kysely'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { append, everything, place, refusal } from '../../../test/faults/sqlite-place.ts'
import type { Lease, Own, Registration } from '../../store/ledger.ts'
import type { EventStore } from '../../store/store.ts'
import { sqlite, type SqliteDatabase, type SqliteTransaction } from './index.ts'

const here = place()
const model = { name: 'revenue', version: '2' }

/** What a projection of this adapter has. */
interface Handed {
  readonly tx: SqliteTransaction
  readonly table: (name: string) => string
}

function handed(work: (own: Handed) => unknown): (own: Own) => undefined {
  // as its adapter makes it; what it gives is passed on, a promise too
  return (own) => work(own as unknown as Handed) as undefined
}

function registered(store: EventStore, change: Partial<Registration> = {}): Promise<void> {
  const setup = handed(({ tx, table }) =>
    tx.run(`create table ${table('revenue')} (day text primary key, total integer not null)`),
  )
  return store.ledger.register([
    {
      ...model,
      kind: 'projection',
      slices: 1,
      from: 0,
      inline: false,
      setup: (own) => setup(own),
      ...change,
    },
  ])
}

async function leased(store: EventStore): Promise<Lease> {
  await registered(store)
  const [lease] = await store.ledger.claim([{ ...model, first: 0 }], 'a', 30_000)
  return lease as Lease
}

function page(store: EventStore, lease: Lease, work: (own: Handed) => unknown) {
  return store.ledger.commit({ lease, position: 1, own: { model, run: handed(work) } })
}

const insert = 'insert into "revenue_v2" values (?, ?)'

// with the same copy of SQLite as the store: two in one program undo each other's locks
function totals(open: typeof onNode = onNode): unknown[] {
  const database = open(here.path)
  try {
    const read = database.prepare('select json_array(day, total) as row from revenue order by day')
    return (read.all() as { row: string }[]).map(({ row }) => JSON.parse(row) as unknown)
  } finally {
    database.close()
  }
}

function onNode(path: string): SqliteDatabase {
  return new DatabaseSync(path)
}

describe.each([
  ['node:sqlite', onNode],
  ['better-sqlite3', (path: string): SqliteDatabase => new Database(path)],
])('a projection on %s', (_, open) => {
  test('reads rows by the names of their columns, and learns how many it changed', async () => {
    const database = open(here.path)
    await using store = sqlite(database)
    const lease = await leased(store)
    const seen: unknown[] = []
    await page(store, lease, ({ tx, table }) => {
      seen.push(tx.run(`insert into ${table('revenue')} values (?, ?), (?, ?)`, 'a', 1, 'b', 2n))
      seen.push(tx.get('select day, total from revenue where day = ?', 'b'))
      seen.push(tx.get('select * from revenue where day = ?', 'none'))
      seen.push(tx.all('select * from revenue order by day'))
      seen.push(tx.run('update revenue_v2 set total = total + ?', 10))
      seen.push(tx.get('select sum(total) as sum, ? as bytes from revenue', new Uint8Array([7])))
    })
    expect(seen).toEqual([
      2,
      { day: 'b', total: 2 },
      undefined,
      [
        { day: 'a', total: 1 },
        { day: 'b', total: 2 },
      ],
      2,
      { sum: 23, bytes: expect.objectContaining({ 0: 7, length: 1 }) as unknown },
    ])
    // the rows that the store itself reads are lists as before
    await store.append(append())
    expect(await everything(store)).toHaveLength(1)
    database.close()
  })

  test('runs what Kysely and Drizzle have built', async () => {
    const database = open(here.path)
    await using store = sqlite(database)
    const lease = await leased(store)
    const seen: unknown[] = []
    await page(store, lease, ({ tx }) => {
      const add = kysely.insertInto('revenue_v2').values({ day: 'k', total: 1 })
      seen.push(
        tx.execute(add),
        tx.execute(add.onConflict((on) => on.doNothing()).returning('day')),
      )
      seen.push(tx.execute(kysely.selectFrom('revenue_v2').selectAll()))
      const raised = orm.update(drizzled).set({ total: 5 })
      seen.push(tx.execute(raised), tx.execute(raised.returning()))
      seen.push(tx.execute(orm.select().from(drizzled)))
    })
    const [before, after] = [1, 5].map((total) => ({ day: 'k', total }))
    expect(seen).toEqual([[], [], [before], [], [after], [after]])
    database.close()
  })

  test('runs one statement at a time, and no transaction of its own', async () => {
    const database = open(here.path)
    await using store = sqlite(database)
    const lease = await leased(store)
    const wrong: ((own: Handed) => unknown)[] = [
      ({ tx }) => tx.run(`${insert}; delete from revenue_v2`, 'a', 1),
      ({ tx }) => tx.run('commit'),
      ({ tx }) => tx.run(' -- now\n;/* or */ Rollback to annals'),
      ({ tx }) => tx.get('release annals'),
    ]
    for (const work of wrong) {
      const refused = page(store, lease, (own) => {
        own.tx.run(insert, 'before', 1)
        work(own)
      })
      await expect(refused).rejects.toThrow(/one statement|cannot say/)
    }
    expect(totals(open)).toEqual([])
    await page(store, lease, ({ tx }) => tx.run(`${insert}; -- the end\n /* of it */ ;`, 'a', 1))
    expect(totals(open)).toEqual([['a', 1]])
    database.close()
  })
})

interface Tables {
  readonly revenue_v2: { readonly day: Generated<string>; readonly total: number }
}

const kysely = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

const orm = drizzle.mock()
const drizzled = sqliteTable('revenue_v2', { day: text().primaryKey(), total: integer().notNull() })

test('people read the tables of a version by their plain names, where nothing else has them', async () => {
  await using store = sqlite(here.path)
  const database = new DatabaseSync(here.path)
  database.exec('create table days (mine text)')
  const setup = handed(({ tx, table }) => {
    tx.run(`create table ${table('revenue')} (day text, total integer)`)
    tx.run(`create table ${table('days')} (day text)`)
    table('never-made')
  })
  await registered(store, { setup: (own) => setup(own) })
  database.exec("insert into revenue_v2 values ('a', 1)")
  expect(totals()).toEqual([['a', 1]])
  expect(database.prepare('select mine from days').all()).toEqual([])
  expect(database.prepare("select * from sqlite_schema where name = 'never-made'").all()).toEqual(
    [],
  )
  await registered(store, { version: '2.1', setup: (own) => setup(own) })
  database.exec("insert into revenue_v2_1 values ('b', 2)")
  expect(totals()).toEqual([['a', 1]])
  database.close()
})

test('what is set up is set up once, in the transaction that registers it', async () => {
  await using store = sqlite(here.path)
  const failing = handed(({ tx, table }) => {
    tx.run(`create table ${table('revenue')} (day text)`)
    throw new Error('the setup failed')
  })
  const view = { name: 'carts', version: '1', kind: 'view' as const }
  const rest = { slices: 1, from: 0, inline: false }
  const refused = store.ledger.register([
    { ...view, ...rest },
    { ...model, ...rest, kind: 'projection', setup: (own) => failing(own) },
  ])
  await expect(refused).rejects.toThrow('the setup failed')
  expect(await store.ledger.overview()).toEqual([])
  await registered(store)
  await registered(store)
  expect(await store.ledger.overview()).toHaveLength(1)
})

describe('work that gives a promise is refused, and leaves nothing', () => {
  const refused = {
    code: 'ANNALS_OPTION',
    message: expect.stringMatching(/projection revenue.*async/) as string,
  }

  test('in setup', async () => {
    await using store = sqlite(here.path)
    const late = async (own: unknown) => {
      const { tx } = own as Handed
      tx.run('create table mine (a)')
      await nextTurn()
      tx.run('create table mine_too (a)')
    }
    await expect(registered(store, { setup: late })).rejects.toMatchObject(refused)
    expect(await store.ledger.overview()).toEqual([])
    const database = new DatabaseSync(here.path)
    expect(database.prepare("select * from sqlite_schema where name like 'mine%'").all()).toEqual(
      [],
    )
    database.close()
  })

  test('in a page', async () => {
    await using store = sqlite(here.path)
    const lease = await leased(store)
    const late = async (own: Handed) => {
      own.tx.run(insert, 'a', 1)
      await nextTurn()
      own.tx.run(insert, 'b', 1)
    }
    await expect(page(store, lease, late)).rejects.toMatchObject(refused)
    // a query of an ORM that would run when it is awaited
    const lazy = page(store, lease, () => orm.select().from(drizzled))
    await expect(lazy).rejects.toMatchObject(refused)
    await nextTurn()
    expect(totals()).toEqual([])
    const [{ slices } = { slices: [] }] = await store.ledger.overview()
    expect(slices).toMatchObject([{ position: 0 }])
  })

  test('in an append', async () => {
    await using store = sqlite(here.path)
    await registered(store, { inline: true })
    const late = async (_: unknown, own: unknown) => {
      await nextTurn()
      ;(own as Handed).tx.run(insert, 'a', 1)
    }
    const inline = {
      models: [model],
      documents: [],
      change: () => [],
      own: [{ model: 0, run: late }],
    }
    const outcomes = await Promise.allSettled([
      store.append({ ...append(), inline: { ...inline, own: [] } }),
      store.append({ ...append(), inline }),
      store.append({ ...append(), inline: { ...inline, own: [] } }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: refused })
    await nextTurn()
    expect(await everything(store)).toHaveLength(2)
    expect(totals()).toEqual([])
  })
})

test('an append in a transaction of the caller writes a projection in it', async () => {
  await using store = sqlite(here.path)
  await registered(store, { inline: true })
  const run = (_: unknown, own: unknown) => void (own as Handed).tx.run(insert, 'a', 1)
  const inline = { models: [model], documents: [], change: () => [], own: [{ model: 0, run }] }
  for (const [end, expected] of [
    ['rollback', []],
    ['commit', [['a', 1]]],
  ] as const) {
    const tx = new DatabaseSync(here.path)
    tx.exec('begin immediate')
    await store.append({ ...append(), inline }, { tx })
    expect(tx.prepare('select total from revenue').all()).toEqual([{ total: 1 }])
    expect(totals()).toEqual([])
    // a second one breaks the primary key, and takes only itself back
    const again = store.append({ ...append(), inline }, { tx })
    await expect(again).rejects.toThrow(/UNIQUE/)
    tx.exec(end)
    tx.close()
    expect(totals()).toEqual(expected)
  }
  expect(await everything(store)).toHaveLength(1)
})

test('a projection that follows is not written by those who append', async () => {
  await using store = sqlite(here.path)
  await registered(store)
  await store.ledger.register([
    { name: 'inline', version: '1', kind: 'view', slices: 1, from: 0, inline: true },
  ])
  const run = () => expect.unreachable()
  const models = [model, { name: 'inline', version: '1' }]
  const inline = { models, documents: [], change: () => [], own: [{ model: 0, run }] }
  await store.append({ ...append(), inline })
  expect(await store.ledger.overview()).toMatchObject([{ mode: 'inline' }, { mode: 'following' }])
})

test('a transaction is over with the work it was made for', async () => {
  await using store = sqlite(here.path)
  const lease = await leased(store)
  const kept: SqliteTransaction[] = []
  await page(store, lease, ({ tx }) => {
    kept.push(tx)
  })
  const failed = page(store, lease, ({ tx }) => {
    kept.push(tx)
    throw new Error('the handler failed')
  })
  await expect(failed).rejects.toThrow('the handler failed')
  expect(kept).toHaveLength(2)
  for (const tx of kept)
    for (const use of [
      () => tx.run(insert, 'late', 1),
      () => tx.get('select 1'),
      () => tx.all('select 1'),
      () => tx.execute(kysely.selectFrom('revenue_v2').selectAll()),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'ANNALS_OPTION' }))
  expect(() => kept[0]?.run(insert, 'late', 1)).toThrow(/is over/)
  expect(totals()).toEqual([])
})

test('a full disk is not the fault of an event, though its handler catches it', async () => {
  const database = new DatabaseSync(here.path)
  await using store = sqlite(database)
  const lease = await leased(store)
  const { page_count: pages } = database.prepare('pragma page_count').get() as {
    page_count: number
  }
  database.exec(`pragma max_page_count = ${pages + 5}`)
  const full = page(store, lease, ({ tx }) => {
    tx.run(insert, 'a', 1)
    expect(() => tx.run(insert, 'x'.repeat(1024 * 1024), 1)).toThrow(/full/)
    expect(() => tx.run(insert, 'on its own', 1)).toThrow(/full/)
  })
  expect(await refusal(full)).toMatchObject({ code: 'ANNALS_DISK_FULL' })
  expect(totals()).toEqual([])
  database.close()
})

test.each([
  ['a Date', new Date(), /a Date.*toISOString/],
  ['a boolean', true, /a boolean.*1 or 0/],
  ['undefined', undefined, /null/],
  ['an object', { day: 'a' }, /value 1 .* object/],
])('%s is refused as a value, and not kept as null', async (_, value, message) => {
  await using store = sqlite(here.path)
  const lease = await leased(store)
  const refused = page(store, lease, ({ tx }) => tx.run(insert, value as never, 1))
  expect(await refusal(refused)).toMatchObject({ code: 'ANNALS_OPTION' })
  await expect(page(store, lease, ({ tx }) => tx.run(insert, value as never, 1))).rejects.toThrow(
    message,
  )
})
