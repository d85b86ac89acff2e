// What docs/operating/backup.md tells an operator to do, done.
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { annals, view, type App, type EventStore } from 'annals'
import { postgres } from 'annals/postgres'
import { sqlite } from 'annals/sqlite'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Account, AccountState } from './domain/bank.ts'
import { newSchema, serverUrl } from './postgres-place.ts'

const run = promisify(execFile)

const Inline = view('inline', AccountState)
const Background = view('background', AccountState)

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'annals-backup-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

async function opened(store: EventStore): Promise<App> {
  const bank = annals({ store, aggregates: [Account], inline: [Inline], background: [Background] })
  await bank.start()
  return bank
}

const deposit = (bank: App, once: string) =>
  bank.open(Account, 'a', { once }).deposit({ amount: 1 })

/** The balance of an account, as its events and both views have it. */
async function balances(bank: App): Promise<readonly (number | undefined)[]> {
  await bank.caughtUp()
  const { state } = await bank.load(Account, 'a')
  const documents = [await bank.find(Inline, 'a'), await bank.find(Background, 'a')]
  return [state, ...documents].map((one) => one?.balance)
}

/** Takes a backup after two of three deposits, restores it, and goes on. */
async function goesOnAfter(
  open: () => EventStore,
  take: () => Promise<void>,
  restore: () => Promise<void>,
): Promise<void> {
  {
    await using bank = await opened(open())
    await bank.open(Account, 'a').open('ann')
    await deposit(bank, 'first')
    await deposit(bank, 'second')
    expect(await balances(bank)).toEqual([2, 2, 2])
    await take()
    await deposit(bank, 'third')
    expect(await balances(bank)).toEqual([3, 3, 3])
  }
  await restore()
  await using bank = await opened(open())
  expect(await balances(bank)).toEqual([2, 2, 2])
  expect((await deposit(bank, 'second')).repeated).toBe(true)
  expect((await deposit(bank, 'third')).repeated).toBe(false)
  expect(await balances(bank)).toEqual([3, 3, 3])
}

test.concurrent('a file of SQLite is copied while it is in use, and put back', async () => {
  const [file, copy] = [join(folder, 'bank.db'), join(folder, 'bank-copy.db')]
  const take = async () => {
    const database = new DatabaseSync(file)
    await backup(database, copy)
    database.close()
  }
  const restore = async () => {
    for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true })
    copyFileSync(copy, file)
  }
  await goesOnAfter(() => sqlite(file), take, restore)
})

test.concurrent('a schema of PostgreSQL is dumped while it is in use, and put back', async () => {
  const schema = newSchema()
  const dump = join(folder, 'annals.dump')
  const drop = async () => {
    const client = new pg.Client(serverUrl)
    await client.connect()
    await client.query(`drop schema "${schema}" cascade`)
    await client.end()
  }
  const take = async () => {
    await run('pg_dump', ['--format', 'custom', '--schema', schema, '--file', dump, serverUrl])
  }
  const restore = async () => {
    await drop()
    await run('pg_restore', ['--dbname', serverUrl, dump])
  }
  await goesOnAfter(() => postgres(serverUrl, { schema }), take, restore)
  await drop()
})
