import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import postgresJs from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { held } from '../../../test/held-transaction.ts'
import { newSchema, serverUrl } from '../../../test/postgres-place.ts'
import { MisuseError } from '../../core/errors.ts'
import {
  append,
  cart,
  draft,
  history,
  refused,
  tenant,
} from '../../testing/contracts/store/vocabulary.ts'
import { drizzleTx, kyselyTx, postgres } from './index.ts'

const schema = newSchema()
const pool = new pg.Pool({ connectionString: serverUrl })
const sql = postgresJs(serverUrl, { onnotice: () => undefined })
const kysely = new Kysely({ dialect: new PostgresDialect({ pool }) })

afterAll(async () => {
  await pool.query(`drop schema if exists "${schema}" cascade`)
  await sql.end()
  await pool.end()
})

const wrong = [
  undefined,
  null,
  '',
  'mysql://localhost/db',
  5,
  {},
  [],
  () => undefined,
  new pg.Client(),
]

test.each(wrong)('postgres() refuses %o as its database', (database) => {
  expect(() => postgres(database as never)).toThrow(MisuseError)
  expect(() => postgres(database as never)).toThrow(/postgres\(\) takes a URL/)
})

describe('what is no open transaction is refused as tx', () => {
  const store = postgres(pool, { schema })
  const mine = cart('no transaction')

  beforeAll(() => store.settled())
  afterAll(() => store.close())

  const told = async (tx: unknown, words: RegExp) => {
    const sent = { tenant, drafts: [draft(mine)] }
    await expect(store.append(sent, { tx: tx as never })).rejects.toThrow(words)
    await refused(store.append(sent, { tx: tx as never }), 'ANNALS_OPTION')
    expect(await history(store, mine)).toEqual([])
  }

  test('a pool', () => told(pool, /is a pool; give the client/))

  test('a sql of postgres.js', () => told(sql, /give the one that sql.begin hands out/))

  test('Kysely, and its transaction as it is', async () => {
    await told(kysely, /give kyselyTx/)
    await kysely.transaction().execute((trx) => told(trx, /give kyselyTx/))
  })

  test('Drizzle, and its transaction as it is', async () => {
    const database = drizzle(pool)
    await told(database, /give drizzleTx/)
    await database.transaction((tx) => told(tx, /give drizzleTx/))
  })

  test('another thing', () => told({ begin: true }, /no transaction; give a client of pg/))

  test('a client on which none was begun', async () => {
    const client = await pool.connect()
    await told(client, /no transaction open/)
    client.release()
  })

  test('a client that was closed', async () => {
    const client = new pg.Client(serverUrl)
    await client.connect()
    await client.query('begin')
    await client.end()
    await told(client, /is over \(Client was closed/)
  })

  test('a transaction of postgres.js that is over', async () => {
    const over = await held<postgresJs.TransactionSql>((work) => sql.begin(work))
    await over.commit()
    await told(over.tx, /no transaction open/)
  })

  test('a transaction of Kysely that is over', async () => {
    const over = await held<Transaction<unknown>>((work) => kysely.transaction().execute(work))
    await over.rollback()
    await told(kyselyTx(over.tx), /is over \(Transaction is already rolled back/)
  })

  test('one whose isolation is another', async () => {
    const client = await pool.connect()
    await client.query('begin isolation level serializable')
    await told(client, /begin the transaction with ISOLATION LEVEL READ COMMITTED/)
    await client.query('rollback')
    client.release()
  })

  test('one in another database', async () => {
    const client = new pg.Client(serverUrl.replace(/\/test$/, '/postgres'))
    await client.connect()
    await client.query('begin')
    await told(client, /begin the transaction that is given as tx in the database of the store/)
    await client.end()
  })

  test('and kyselyTx and drizzleTx say what they take', () => {
    expect(() => kyselyTx(kysely as never)).toThrow(/kyselyTx takes the transaction/)
    expect(() => kyselyTx(pool as never)).toThrow(MisuseError)
    expect(() => drizzleTx(drizzle(pool) as never)).toThrow(/drizzleTx takes the transaction/)
    expect(() => drizzleTx(undefined as never)).toThrow(MisuseError)
  })
})

test('a store at a URL has closed its connections when it is closed', async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap')
  const before = sockets().length
  const store = postgres(serverUrl, { schema })
  await Promise.all([append(store, [draft(cart('closing'))]), store.settled(), store.settled()])
  expect(sockets().length).toBeGreaterThan(before)
  await store.close()
  expect(sockets().length).toBeLessThanOrEqual(before)
})

describe('a database whose transactions begin with another isolation', () => {
  const isolation = 'repeatable read'
  const given = {
    'a pool of pg': () => {
      const options = `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`
      const own = new pg.Pool({ connectionString: serverUrl, options })
      return { database: own, end: () => own.end() }
    },
    'a sql of postgres.js': () => {
      const connection = { default_transaction_isolation: isolation } as const
      const own = postgresJs(serverUrl, { connection, onnotice: () => undefined })
      return { database: own, end: () => own.end() }
    },
  }

  test('a URL keeps a store', async () => {
    const options = encodeURIComponent('-c default_transaction_isolation=serializable')
    await using store = postgres(`${serverUrl}?options=${options}`, { schema })
    const mine = cart(crypto.randomUUID())
    await append(store, [draft(mine)])
    expect(await history(store, mine)).toHaveLength(1)
  })

  test.each(Object.entries(given))('%s keeps a store', async (_, make) => {
    const { database, end } = make()
    const store = postgres(database, { schema })
    const mine = cart(crypto.randomUUID())
    await Promise.all([append(store, [draft(mine)]), append(store, [draft(mine)])])
    await append(store, [draft(mine)])
    expect(await history(store, mine)).toHaveLength(3)
    expect((await store.settled()).position).toBeGreaterThan(0)
    await store.close()
    await end()
  })
})
