import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgSchema, text } from 'drizzle-orm/pg-core'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import pg from 'pg'
import postgresJs from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newSchema, serverUrl } from '../../../../test/postgres-place.ts'
import type { Awaitable } from '../../../core/awaitable.ts'
import type { EventStore } from '../../../store/store.ts'
import type { Lease, Own } from '../../../store/ledger.ts'
import { checkpoints, take, view } from '../../../testing/contracts/ledger/vocabulary.ts'
import { cart, draft, history, tenant } from '../../../testing/contracts/store/vocabulary.ts'
import { postgres, type PostgresDriver, type PostgresTransaction } from '../index.ts'
import type { ProjectionTransaction } from './transaction.ts'

const model = { name: 'sums', version: '2' }
const failure = new Error('the connection of the handler failed')

/** What a projection of PostgreSQL is given. */
interface Given extends Own {
  readonly tx: ProjectionTransaction
}

/** A database on a driver, with a way to end it. */
interface Open {
  readonly driver: PostgresDriver
  readonly close: () => Promise<void>
}

const drivers: readonly { readonly name: string; readonly open: () => Awaitable<Open> }[] = [
  { name: 'pg', open: onPg },
  { name: 'postgres.js', open: onPostgresJs },
  { name: 'PGlite', open: onPglite },
]

function onPg(): Open {
  const pool = new pg.Pool({ connectionString: serverUrl, max: 4 })
  return { driver: pool, close: () => pool.end() }
}

function onPostgresJs(): Open {
  const sql = postgresJs(serverUrl, { max: 4, onnotice: () => undefined })
  return { driver: sql, close: () => sql.end() }
}

async function onPglite(): Promise<Open> {
  const pglite = new PGlite()
  await pglite.waitReady
  return { driver: pglite, close: () => pglite.close() }
}

describe.each(drivers)('the transaction of a projection on $name', ({ open }) => {
  let opened: Open
  const made: string[] = []
  let schema: string
  let store: EventStore<PostgresTransaction>
  let lease: Lease

  beforeAll(async () => {
    opened = await open()
  })

  beforeEach(async () => {
    schema = newSchema()
    made.push(schema)
    store = postgres(opened.driver, { schema })
    await store.ledger.register([
      {
        ...view({ ...model, kind: 'projection' }),
        setup: (own) =>
          (own as Given).tx.query(
            `create table ${own.table('sums')} (name text primary key, amount integer not null, at timestamptz);
            create table ${own.table('others')} (id integer)`,
          ),
      },
    ])
    lease = await take(store, 'a', model)
    return () => store.close()
  })

  afterAll(async () => {
    await opened.close()
    const server = new pg.Client(serverUrl)
    await server.connect()
    for (const name of made) await server.query(`drop schema if exists "${name}" cascade`)
    await server.end()
  })

  function inPage(run: (own: Given) => Awaitable<void>, position = 0): Promise<unknown> {
    return store.ledger.commit({ lease, position, own: { model, run: (own) => run(own as Given) } })
  }

  /** The names in the table of the projection, by the name that people read it under. */
  async function names(): Promise<unknown[]> {
    let found: unknown[] = []
    await inPage(async ({ tx }) => {
      const { rows } = await tx.query(`select name from "${schema}".sums order by name`)
      found = rows.map(({ name }) => name)
    })
    return found
  }

  const insert = ({ tx, table }: Given, name: string) =>
    tx.query(`insert into ${table('sums')} (name, amount) values ($1, $2)`, [name, 1])

  test('values and rows are as the driver has them', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z')
    await inPage(async ({ tx, table }) => {
      const values = ['ann', 7, at]
      const inserted = await tx.query(
        `insert into ${table('sums')} values ($1, $2, $3) returning *`,
        values,
      )
      expect(inserted).toEqual({ rows: [{ name: 'ann', amount: 7, at }] })
      expect((await tx.query(`select amount from ${table('sums')} where false`)).rows).toEqual([])
    })
  })

  test('a script gives the rows of its last statement', async () => {
    await inPage(async ({ tx }) => {
      expect((await tx.query('select 1 as one; select 2 as two')).rows).toEqual([{ two: 2 }])
    })
  })

  test('queries of Kysely and of Drizzle are run', async () => {
    const { kysely, sums } = builders(schema)
    await inPage(async ({ tx }) => {
      await tx.execute(kysely.insertInto('sums_v2').values({ name: 'ann', amount: 3 }))
      await tx.execute(drizzle.mock().insert(sums).values({ name: 'bob', amount: 4 }))
      const { rows } = await tx.execute(
        kysely.selectFrom('sums_v2').select(['name', 'amount']).orderBy('name'),
      )
      expect(rows).toEqual([
        { name: 'ann', amount: 3 },
        { name: 'bob', amount: 4 },
      ])
    })
    await inPage(async ({ tx }) => {
      await expect(tx.execute('select 1' as never)).rejects.toThrow('tx.query')
      expect((await tx.execute(drizzle.mock().select().from(sums))).rows).toHaveLength(2)
    })
  })

  test('work that fails is rolled back at once, and its error told as it is', async () => {
    const work = inPage(async (own) => {
      await insert(own, 'ann')
      throw failure
    }, 1)
    await expect(work).rejects.toBe(failure)
    // nothing of it holds the next one up
    await inPage(async (own) => void (await insert(own, 'ann')), 2)
    expect(await names()).toEqual(['ann'])
    expect(await checkpoints(store, model)).toEqual([2])
  })

  test('a statement that failed fails the page, though its error was caught', async () => {
    const work = inPage(async (own) => {
      await insert(own, 'ann')
      await insert(own, 'ann').catch(() => undefined)
    }, 1)
    await expect(work).rejects.toThrow(/duplicate/)
    const goingOn = inPage(async (own) => {
      await insert(own, 'ann')
      await insert(own, 'ann').catch(() => undefined)
      await insert(own, 'bob')
    }, 1)
    await expect(goingOn).rejects.toThrow(/duplicate/)
    expect(await names()).toEqual([])
    expect(await checkpoints(store, model)).toEqual([0])
  })

  test.each([
    ['53100', 'ANNALS_DISK_FULL'],
    ['53200', 'ANNALS_UNAVAILABLE'],
    ['25006', 'ANNALS_READ_ONLY'],
  ])('what the server lacks (%s) is told as such, though a handler met it', async (state, code) => {
    const raising = `do $$ begin raise exception 'the server' using errcode = '${state}'; end $$`
    const work = inPage(async ({ tx }) => void (await tx.query(raising)))
    await expect(work).rejects.toMatchObject({ code })
    const caught = inPage(async ({ tx }) => void (await tx.query(raising).catch(() => undefined)))
    await expect(caught).rejects.toMatchObject({ code })
  })

  test('it is over when its handlers have ended', async () => {
    let kept: ProjectionTransaction | undefined
    await inPage(({ tx }) => {
      kept = tx
    })
    await expect(kept?.query('select 1')).rejects.toThrow(
      'the transaction of the projection is over',
    )
    await expect(
      store.append({ tenant, drafts: [draft(cart('1'))] }, { tx: kept as ProjectionTransaction }),
    ).rejects.toThrow('the transaction of the projection is over')
  })

  test('what is appended with it is committed with the page, or not at all', async () => {
    const [mine, other] = [cart('1'), cart('2')]
    await inPage(
      async ({ tx }) => void (await store.append({ tenant, drafts: [draft(mine)] }, { tx })),
    )
    const work = inPage(async ({ tx }) => {
      await store.append({ tenant, drafts: [draft(other)] }, { tx })
      throw failure
    })
    await expect(work).rejects.toBe(failure)
    expect(await history(store, mine)).toHaveLength(1)
    expect(await history(store, other)).toEqual([])
  })

  test('a table that is no plain name is refused', async () => {
    for (const name of ['Sums', 'a-b', '', 'x"; drop table parked; --', 'a'.repeat(61)])
      await expect(inPage(({ table }) => void table(name))).rejects.toMatchObject({
        code: 'ANNALS_OPTION',
      })
  })

  test('people read the first version of a table by its name, and what has the name already stays', async () => {
    const third = { ...model, version: '3' }
    await store.ledger.register([
      {
        ...view({ ...third, kind: 'projection' }),
        setup: (own) => (own as Given).tx.query(`create table ${own.table('sums')} (id integer)`),
      },
      {
        ...view({ name: 'odd', version: '1', kind: 'projection' }),
        setup: (own) => (own as Given).tx.query(`create table ${own.table('events')} (id integer)`),
      },
    ])
    await inPage(async (own) => void (await insert(own, 'ann')))
    expect(await names()).toEqual(['ann'])
    await store.append({ tenant, drafts: [draft(cart('1'))] })
  })
})

interface Tables {
  readonly sums_v2: { readonly name: string; readonly amount: number }
}

/** Builders of queries that are connected to nothing. */
function builders(schema: string) {
  const kysely = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new PostgresIntrospector(database),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }).withSchema(schema)
  const sums = pgSchema(schema).table('sums_v2', { name: text(), amount: integer() })
  return { kysely, sums }
}
