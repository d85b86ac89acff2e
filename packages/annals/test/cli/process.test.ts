import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { annals } from 'annals'
import { postgres } from 'annals/postgres'
import { sqlite } from 'annals/sqlite'
import pg from 'pg'
import { expect, test } from 'vitest'
import { join } from 'node:path'
import { Account } from '../domain/bank.ts'
import { newSchema, serverUrl } from '../postgres-place.ts'
import { newFolder } from './folder.ts'

const onSqlite = `import { annals } from 'annals'
import { sqlite } from 'annals/sqlite'
export default () => annals({ store: sqlite('shop.db') })`

/** A config file for a schema of the server. */
function onPostgres(schema: string, options = '', url: string = serverUrl): string {
  return `import { annals } from 'annals'
import { postgres } from 'annals/postgres'
export default () => annals({ store: postgres('${url}', { schema: '${schema}' ${options} }) })`
}

async function dropped(schema: string): Promise<void> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(`drop schema if exists "${schema}" cascade`)
  await client.end()
}

/** A port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // of a server that listens on TCP
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('tail goes on with what others append, and ends well with Ctrl-C', async () => {
  using folder = newFolder({ 'annals.config.ts': onSqlite })
  await using app = annals({ store: sqlite(join(folder.path, 'shop.db')) })
  await app.open(Account, 'acc-1').deposit({ amount: 11 })
  const tail = folder.start('tail', 'account')
  await tail.wrote('{"amount":11}')
  await app.open(Account, 'acc-2').deposit({ amount: 22 })
  await tail.wrote('{"amount":22}')
  tail.child.kill('SIGINT')
  const { out, ...rest } = await tail.ended
  expect(rest).toEqual({ code: 0, err: '' })
  expect(out.replaceAll(/\d{4}-[\d-]+T[\d:.]+Z/g, 'TIME')).toMatchInlineSnapshot(`
    "POSITION  AT                        STREAM                VERSION  TYPE              DATA
           1  TIME  account/acc-1               1  MoneyDeposited    {"amount":11}
           2  TIME  account/acc-2               1  MoneyDeposited    {"amount":22}
    "
  `)
})

test('tail begins after a position, or with as many as are asked for', async () => {
  using folder = newFolder({ 'annals.config.ts': onSqlite })
  await using app = annals({ store: sqlite(join(folder.path, 'shop.db')) })
  for (const amount of [11, 22, 33]) await app.open(Account, 'acc-1').deposit({ amount })
  for (const argv of [
    ['--last', '1'],
    ['--after', '2'],
  ]) {
    const tail = folder.start('tail', '--json', ...argv)
    await tail.wrote('{"amount":33}')
    tail.child.kill('SIGTERM')
    const { out, ...rest } = await tail.ended
    expect(rest).toEqual({ code: 0, err: '' })
    expect(out).not.toContain('{"amount":22}')
  }
})

test('tail ends well when nobody reads it any more', async () => {
  using folder = newFolder({ 'annals.config.ts': onSqlite })
  await using app = annals({ store: sqlite(join(folder.path, 'shop.db')) })
  await app.open(Account, 'acc-1').deposit({ amount: 11 })
  const tail = folder.start('tail')
  await tail.wrote('{"amount":11}')
  tail.child.stdout?.destroy()
  await app.open(Account, 'acc-1').deposit({ amount: 22 })
  expect(await tail.ended).toMatchObject({ code: 0, err: '' })
})

test.runIf(existsSync('/dev/full'))('output that cannot be written is told in a line', async () => {
  using folder = newFolder({ 'annals.config.ts': onSqlite })
  for (const name of ['status', 'read', '--help'])
    expect(await folder.into('/dev/full', name)).toEqual({
      code: 4,
      out: '',
      err: 'annals: the output cannot be written: ENOSPC: no space left on device, write\n',
    })
})

test('a server that is stopped', async () => {
  const url = `postgres://postgres@127.0.0.1:${await closedPort()}/test`
  using folder = newFolder({ 'annals.config.ts': onPostgres('shop', '', url) })
  const told = await Promise.all(
    ['status', 'read', 'migrate', 'parked', 'tail'].map((name) => folder.annals(name)),
  )
  for (const { err, ...rest } of told) {
    expect(rest).toEqual({ code: 3, out: '' })
    expect(err).toMatch(
      /^annals: there is no connection to PostgreSQL \(connect ECONNREFUSED 127\.0\.0\.1:\d+\); look at the server and its max_connections, then try again\n$/,
    )
  }
  const { code, out, err } = await folder.annals('health')
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(out).toMatch(/^the store does not answer: \w+: there is no connection to /)
})

test('a package pg that is not installed', async () => {
  using folder = newFolder({
    'annals.config.mjs': `import { registerHooks } from 'node:module'
registerHooks({
  resolve: (name, context, next) =>
    name === 'pg' ? next(name, { ...context, parentURL: 'file:///elsewhere.mjs' }) : next(name, context),
})
${onPostgres('shop')}`,
  })
  expect(await folder.annals('status')).toEqual({
    code: 2,
    out: '',
    err: 'annals: postgres() connects to a URL by the package pg, which is not installed; run npm install pg\n',
  })
})

test('a database that there is none of', async () => {
  const url = serverUrl.replace('/test', '/nowhere')
  using folder = newFolder({ 'annals.config.ts': onPostgres('shop', '', url) })
  expect(await folder.annals('status')).toMatchInlineSnapshot(`
    {
      "code": 3,
      "err": "annals: there is no connection to PostgreSQL (database "nowhere" does not exist); look at the server and its max_connections, then try again
    ",
      "out": "",
    }
  `)
})

test('a schema that was not made is made by migrate, or by what it prints', async () => {
  const schema = newSchema()
  using folder = newFolder({ 'annals.config.ts': onPostgres(schema, ', migrate: false') })
  try {
    const { code, out, err } = await folder.annals('status')
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(
      /^annals: the schema \w+ lacks 001-events, .*; run npx annals migrate, or what migrationScript\('\w+'\) gives, or leave out migrate: false\n$/,
    )
    const probed = await folder.annals('health')
    expect(probed).toMatchObject({ code: 1, err: '' })
    expect(probed.out).toMatch(
      /^the store cannot be used: the schema \w+ lacks 001-events, .*; run npx annals migrate/,
    )
    const migrated = await folder.annals('migrate')
    expect(migrated).toMatchObject({ code: 0, err: '' })
    expect(migrated.out).toMatch(/^APPLIED\n001-events\n002-order\n/)
    expect(await folder.annals('status')).toMatchObject({ code: 0, err: '' })
  } finally {
    await dropped(schema)
  }
  const printed = await folder.annals('migrate', '--print')
  expect(printed).toMatchObject({ code: 0, err: '' })
  const client = new pg.Client(serverUrl)
  await client.connect()
  try {
    await client.query(printed.out)
    await using app = annals({ store: postgres(serverUrl, { schema, migrate: false }) })
    expect(await app.open(Account, 'a').deposit({ amount: 1 })).toMatchObject({ version: 1 })
  } finally {
    await client.end()
    await dropped(schema)
  }
})

test('what the program prints does not mix with what the command line says', async () => {
  using folder = newFolder({
    'annals.config.ts': `console.log('loading')
process.stdout.write('still loading\\n')
${onSqlite.replace("'shop.db'", "(console.log('opening'), 'shop.db')")}`,
  })
  const { out, ...rest } = await folder.annals('status', '--json')
  expect(rest).toEqual({ code: 0, err: 'loading\nstill loading\nopening\n' })
  expect(out).toMatch(/^\{"log":.*\}\n$/)
})

test('what the config file keeps open does not keep the command line', async () => {
  const schema = newSchema()
  using folder = newFolder({
    'annals.config.ts': `import { annals } from 'annals'
import { postgres } from 'annals/postgres'
import postgresJs from 'postgres'
setInterval(() => undefined, 1_000)
const sql = postgresJs('${serverUrl}', { onnotice: () => undefined })
export default () => annals({ store: postgres(sql, { schema: '${schema}' }) })`,
  })
  try {
    expect(await folder.annals('read')).toEqual({
      code: 0,
      out: 'There is no such event.\n',
      err: '',
    })
  } finally {
    await dropped(schema)
  }
})

test('a file that is no database', async () => {
  using folder = newFolder({
    'annals.config.ts': onSqlite,
    'shop.db': 'not a database '.repeat(99),
  })
  expect(await folder.annals('status')).toMatchInlineSnapshot(`
    {
      "code": 3,
      "err": "annals: shop.db is no SQLite database; check the path, or restore it from a backup
    ",
      "out": "",
    }
  `)
})
