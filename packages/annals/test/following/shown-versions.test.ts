// What people keep who read a projection of PostgreSQL by its plain name, when another version of it goes live.
import { annals, type App } from 'annals'
import { drop, status, versions } from 'annals/operations'
import { postgres, projection } from 'annals/postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AccountEvents } from '../domain/bank.ts'
import { newSchema, serverUrl } from '../postgres-place.ts'
import { deposited } from './deposits.ts'
import { eventually } from './waiting.ts'

const schema = newSchema()
const reader = `reader_${schema}`
const pool = new pg.Pool({ connectionString: serverUrl })

const versionOf = (version: number, columns: string) =>
  projection('totals', AccountEvents, {
    version,
    setup: (tx, { table }) => tx.query(`create table ${table('totals')} (${columns})`),
    MoneyDeposited: ({ data }, { tx, table }) =>
      tx.query(`insert into ${table('totals')} (amount) values ($1)`, [data.amount]),
  })

const First = versionOf(1, 'amount integer')
const Grown = versionOf(2, 'amount integer, note text')
const Other = versionOf(3, 'note text, amount bigint')

beforeAll(async () => {
  await pool.query(`create role ${reader}`)
})

afterAll(async () => {
  await pool.query(`drop schema if exists "${schema}" cascade; drop role ${reader}`)
  await pool.end()
})

async function running(Totals: typeof First): Promise<App> {
  const bank = annals({ store: postgres(serverUrl, { schema }), background: [Totals] })
  await bank.start()
  return bank
}

async function liveIn(bank: App): Promise<readonly string[]> {
  return (await versions(bank)).filter(({ live }) => live).map(({ version }) => version)
}

async function mayRead(): Promise<boolean> {
  const { rows } = await pool.query<{ may: boolean }>(
    `select has_table_privilege('${reader}', '"${schema}".totals', 'select') as may`,
  )
  return rows[0]?.may ?? false
}

test('rights and views stay where columns are added, and stand in the way of other columns', async () => {
  {
    await using bank = await running(First)
    await deposited(bank, 'a')
    await bank.caughtUp()
    await pool.query(`grant select on "${schema}".totals to ${reader}`)
    await pool.query(`create view "${schema}".theirs as select sum(amount) from "${schema}".totals`)
  }
  {
    await using bank = await running(Grown)
    await eventually(() => liveIn(bank)).toEqual(['2'])
    expect(await mayRead()).toBe(true)
    await deposited(bank, 'a')
    await bank.caughtUp()
    const { rows } = await pool.query(`select * from "${schema}".theirs`)
    expect(rows).toEqual([{ sum: '2' }])
    await drop(bank, 'totals', '1')
  }
  await using bank = await running(Other)
  const told = async () => (await status(bank)).processors.map(({ error }) => error)
  await eventually(told).toEqual([
    expect.stringContaining(
      `"${schema}"."totals" cannot show another version, since other views of the database stand on it; ` +
        'drop those, and make them again afterwards',
    ),
  ])
  expect(await liveIn(bank)).toEqual(['2'])
  await pool.query(`drop view "${schema}".theirs`)
  await eventually(() => liveIn(bank)).toEqual(['3'])
  expect(await mayRead()).toBe(false)
  await eventually(told).toEqual([undefined])
})
