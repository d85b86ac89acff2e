import { DatabaseSync } from 'node:sqlite'
import { annals, memory, StorageError } from 'annals'
import { isApp, migrate, migrationSql } from 'annals/operations'
import { postgres } from 'annals/postgres'
import { sqlite } from 'annals/sqlite'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { Account } from '../domain/bank.ts'
import { inFile } from '../places.ts'
import { newSchema, serverUrl } from '../postgres-place.ts'

const pool = new pg.Pool({ connectionString: serverUrl })
const made: string[] = []

afterAll(async () => {
  for (const name of made) await pool.query(`drop schema if exists "${name}" cascade`)
  await pool.end()
})

function unmigrated(): string {
  const schema = newSchema()
  made.push(schema)
  return schema
}

test('a PostgreSQL store that may not make its tables is migrated, and the app then works', async () => {
  const schema = unmigrated()
  await using bank = annals({ store: postgres(pool, { schema, migrate: false }) })
  const refused = bank.open(Account, 'a').deposit({ amount: 1 })
  await expect(refused).rejects.toBeInstanceOf(StorageError)
  await expect(refused).rejects.toMatchObject({ code: 'ANNALS_NOT_MIGRATED' })
  const applied = await migrate(bank)
  expect(applied).toContain('001-events')
  expect(await migrate(bank)).toEqual([])
  expect(await bank.open(Account, 'a').deposit({ amount: 1 })).toMatchObject({ version: 1 })
})

test('the SQL that is printed makes the same tables', async () => {
  const schema = unmigrated()
  await using bank = annals({ store: postgres(pool, { schema, migrate: false }) })
  await pool.query(migrationSql(bank))
  expect(await migrate(bank)).toEqual([])
  expect(await bank.open(Account, 'a').deposit({ amount: 1 })).toMatchObject({ version: 1 })
})

test('a store that connects by itself is migrated without a connection that stays', async () => {
  const schema = unmigrated()
  const bank = annals({ store: postgres(serverUrl, { schema, migrate: false }) })
  expect(await migrate(bank)).not.toEqual([])
  await bank.close()
  await expect(migrate(bank)).rejects.toMatchObject({ code: 'ANNALS_CLOSED' })
})

test('a SQLite store makes its tables when it is opened, and says which were missing', async () => {
  const place = await inFile((path) => sqlite(path), DatabaseSync)
  const open = () => annals({ store: place.open({} as never) as ReturnType<typeof sqlite> })
  await using bank = open()
  await using other = open()
  expect(await migrate(bank)).toContain('001-events')
  expect(await migrate(other)).toEqual([])
  expect(() => migrationSql(bank)).toThrow('made when it is opened')
  await bank.close()
  await expect(migrate(bank)).rejects.toMatchObject({ code: 'ANNALS_CLOSED' })
})

test('a memory store has nothing to migrate', async () => {
  await using bank = annals({ store: memory() })
  expect(await migrate(bank)).toEqual([])
  expect(() => migrationSql(bank)).toThrow('the store of the app has no SQL to run by hand')
})

test('an app is told from other values', async () => {
  await using bank = annals({ store: memory() })
  expect(isApp(bank)).toBe(true)
  expect(isApp(bank.with({ tenant: 'acme' }))).toBe(true)
  for (const other of [undefined, null, 'bank', { ...bank }, memory()])
    expect(isApp(other)).toBe(false)
})
