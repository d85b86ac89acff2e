import { annals, memory } from 'annals'
import { DatabaseSync } from 'node:sqlite'
import { expect, expectTypeOf, test } from 'vitest'
import { Account, AccountEvents } from '../../../test/domain/bank.ts'
import { place } from '../../../test/faults/sqlite-place.ts'
import { projection, sqlite, type SqliteTransaction } from './index.ts'

const here = place()

const Revenue = projection('revenue', AccountEvents, {
  setup: (tx, own) =>
    tx.run(
      `create table ${own.table('revenue')} (account text primary key, total integer not null)`,
    ),
  MoneyDeposited: ({ stream, data }, own) => {
    expectTypeOf(own.tx).toEqualTypeOf<SqliteTransaction>()
    own.tx.run(
      `insert into ${own.table('revenue')} values (?, ?) on conflict (account) do update set total = total + excluded.total`,
      stream.id,
      data.amount,
    )
  },
})

function totals(): unknown[] {
  const database = new DatabaseSync(here.path)
  try {
    return database.prepare('select account, total from revenue order by account').all()
  } finally {
    database.close()
  }
}

async function deposits(app: ReturnType<typeof annals>): Promise<void> {
  for (const id of ['a', 'b']) {
    await app.open(Account, id).open('ann')
    await app.open(Account, id).deposit({ amount: 5 })
  }
  await app.open(Account, 'a').deposit({ amount: 2 })
}

const expected = [
  { account: 'a', total: 7 },
  { account: 'b', total: 5 },
]

test('a projection is written in the transactions that append', async () => {
  await using bank = annals({ store: sqlite(here.path), inline: [Revenue] })
  await bank.start()
  await deposits(bank)
  expect(totals()).toEqual(expected)
})

test('a projection follows in the background', async () => {
  await using bank = annals({ store: sqlite(here.path), background: [Revenue] })
  await deposits(bank)
  await bank.start()
  await bank.caughtUp()
  expect(totals()).toEqual(expected)
})

test('values that are given in an array, as on PostgreSQL, are refused with what to write instead', async () => {
  const Spread = projection('spread', AccountEvents, {
    setup: (tx, { table }) => tx.run(`create table ${table('spread')} (a text, b integer)`),
    MoneyDeposited: ({ stream, data }, { tx, table }) => {
      const values = [stream.id, data.amount]
      tx.run(`insert into ${table('spread')} values (?, ?)`, values as never)
    },
  })
  await using bank = annals({ store: sqlite(here.path), inline: [Spread] })
  await expect(bank.open(Account, 'a').deposit({ amount: 5 })).rejects.toThrow(
    'value 1 of a statement is an array; give the values one by one, not in an array; SQLite takes',
  )
})

test('a projection is for the stores of its adapter', () => {
  // @ts-expect-error a store in memory has no tables
  annals({ store: memory(), inline: [Revenue] })
})
