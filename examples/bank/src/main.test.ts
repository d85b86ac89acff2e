import { memory, type App } from 'annals'
import { sqlite } from 'annals/sqlite'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AccountEvents } from './account.ts'
import { openBank } from './bank.ts'
import { accounts } from './books.ts'
import { importLines } from './import.ts'
import { parseStatement } from './statement.ts'

const statement = new URL('../statement.csv', import.meta.url)
const main = fileURLToPath(new URL('main.ts', import.meta.url))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-bank-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The program as `npm start` runs it. */
function start(...args: readonly string[]) {
  const program = spawn(process.execPath, ['--conditions=annals-source', main, ...args], {
    env: { ...process.env, INIT_CWD: folder },
  })
  const output = Promise.all([text(program.stdout), text(program.stderr)])
  const ended = once(program, 'exit').then(async ([code]) => {
    const [told, complaint] = await output
    return { code: code as number | null, told, complaint }
  })
  return { program, ended }
}

const run = (...args: readonly string[]) => start(...args).ended

/** Waits until so many events are recorded in the file. */
async function recorded(db: string, count: number) {
  await using bank = openBank(sqlite(join(folder, db)))
  for (let tries = 0; tries < 12_000; tries++) {
    const newest = bank.read(AccountEvents, {}, { backwards: true, limit: 1 })
    for await (const { position } of newest) if (position >= count) return
    await setTimeout(5)
  }
  throw new Error(`${db} never came to ${count} events`)
}

async function balances(bank: App) {
  const found: Record<string, number> = {}
  for await (const { id, balance } of accounts(bank)) found[id] = balance
  return found
}

/** What the reports say, without where the file is, and without what the import said. */
function reports(told: string) {
  return told
    .slice(told.indexOf('The balances\n'))
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '')
}

test('imports once, reports each time, and writes no control characters into a file', async () => {
  const first = await run('--db', 'twice.db')
  expect(first).toMatchObject({ code: 0, complaint: '' })
  expect(first.told).toContain('1000 lines: 937 imported, 0 already imported, 63 refused')
  const second = await run('--db', 'twice.db')
  expect(second.told).toContain('1000 lines: 0 imported, 937 already imported, 63 refused')
  expect(reports(second.told)).toBe(reports(first.told))
  expect(first.told).not.toMatch(/[^\P{Cc}\n]/u)
})

test('killed in the middle and run again, it ends as if it had run once', async () => {
  const codes = []
  for (const count of [1, 150, 400, 800]) {
    const { program, ended } = start('--db', 'killed.db')
    await recorded('killed.db', count)
    program.kill('SIGKILL')
    codes.push((await ended).code)
  }
  expect(codes).toContain(null) // it did not end by itself
  await run('--db', 'killed.db')
  await using killed = openBank(sqlite(join(folder, 'killed.db')))
  await using whole = openBank(memory())
  const lines = parseStatement(await readFile(statement, 'utf8'))
  for await (const _ of importLines(whole, lines));
  expect(await balances(killed)).toEqual(await balances(whole))
})

test('Ctrl-C keeps what was imported, and the next run goes on', async () => {
  const { program, ended } = start('--db', 'stopped.db')
  await recorded('stopped.db', 1)
  program.kill('SIGINT')
  const stopped = await ended
  expect(stopped).toMatchObject({ code: 130, complaint: '' })
  expect(stopped.told).toContain('Interrupted.')
  const { told } = await run('--db', 'stopped.db')
  expect(told).toContain('63 refused')
})

test.each([
  [['nowhere.csv'], 'no such file'],
  [['.'], 'The statement cannot be read'],
  [['--dbb', 'x.db'], "Unknown option '--dbb'"],
  [['--day', '2025-02-30'], 'there is no day "2025-02-30"'],
  [['wrong.csv'], 'This is no statement'],
  [['--db', 'nowhere/bank.db'], 'make it before opening'],
  [['--db', 'wrong.csv'], 'is no SQLite database'],
])('%j is answered with what is wrong, without a stack', async (args, message) => {
  await writeFile(join(folder, 'wrong.csv'), `a,b\n${'1,2\n'.repeat(200)}`)
  const { code, complaint } = await run(...args)
  expect(code).toBe(1)
  expect(complaint).toContain(message)
  expect(complaint).not.toMatch(/\n\s+at /)
})
