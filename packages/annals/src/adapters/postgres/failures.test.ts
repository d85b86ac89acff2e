import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import postgresJs from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { serverUrl, terminate } from '../../../test/postgres-place.ts'
import { UnavailableError } from '../../core/errors.ts'
import type { Database } from './database.ts'
import { isLost, isUnreachable } from './failures.ts'
import { PgDatabase } from './drivers/pg.ts'
import { PgliteDatabase } from './drivers/pglite.ts'
import { PostgresJsDatabase } from './drivers/postgres-js.ts'

interface Opened {
  readonly database: Database
  readonly end: () => Promise<void>
}

const drivers: Readonly<Record<string, (url: string, answer?: number) => Opened>> = {
  pg: (connectionString, answer = 30_000) => {
    const pool = new pg.Pool({ connectionString })
    pool.on('error', () => undefined)
    const database = new PgDatabase(pool, { own: false, answer, prepare: true })
    return { database, end: async () => void (pool.ended || (await pool.end())) }
  },
  'postgres.js': (url, answer = 30_000) => {
    const sql = postgresJs(url)
    const database = new PostgresJsDatabase(sql, { answer, prepare: true })
    // without a limit it waits for connections that were lost
    return { database, end: () => sql.end({ timeout: 0 }) }
  },
}

const one = { text: 'select 1::text as one', values: [] }

/** A statement that says which one it is. */
const sleep = (name: string) => ({ text: `select pg_sleep(1)::text as "${name}"`, values: [] })

function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe.each(Object.entries(drivers))('what became of a statement on %s:', (name, open) => {
  const opened: Opened[] = []
  const at = (url: string, answer?: number) => {
    const made = open(url, answer)
    opened.push(made)
    return made
  }

  afterAll(async () => {
    for (const { end } of opened) await end()
  })

  const unreachable = {
    'where nothing listens': 'postgres://postgres@127.0.0.1:1/test',
    'of a host that does not exist': 'postgres://postgres@nobody.invalid/test',
    'without the database': serverUrl.replace(/test$/, 'no_such_database'),
    'that does not let in': serverUrl.replace('postgres@', 'nobody_at_all@'),
  }

  test.each(Object.entries(unreachable))('nothing, at a server %s', async (_, url) => {
    for (const run of runs(at(url).database)) {
      const error = await failureOf(run(one))
      expect(error).toBeInstanceOf(UnavailableError)
      expect(isUnreachable(error)).toBe(true)
      expect(isLost(error)).toBe(false)
    }
  })

  test('nothing, once its owner has ended the connections', async () => {
    const { database, end } = at(serverUrl)
    await end()
    for (const run of runs(database)) expect(isUnreachable(await failureOf(run(one)))).toBe(true)
  })

  test('nobody knows, when the connection is ended', async () => {
    const { database } = at(serverUrl)
    for (const [index, run] of runs(database).entries()) {
      const statement = sleep(`${name} ${index}`)
      const [error] = await Promise.all([failureOf(run(statement)), terminate(statement.text)])
      expect(isLost(error)).toBe(true)
      expect(isUnreachable(error)).toBe(false)
      expect(await run(one)).toEqual([['1']])
    }
  })

  test('nobody knows, when it is not answered in time', async () => {
    const { database } = at(serverUrl, 50)
    for (const run of runs(database)) {
      const error = await failureOf(run(sleep('late')))
      expect(isLost(error)).toBe(true)
      expect(isUnreachable(error)).toBe(false)
    }
  })
})

/** The ways in which a statement is run. */
function runs(database: Database): readonly Database['rows'][] {
  return [
    (statement) => database.rows(statement),
    (statement) => database.transaction((connection) => connection.rows(statement)),
  ]
}

test('what became of a statement on PGlite: nothing, once its owner has closed it', async () => {
  const pglite = new PGlite()
  const database = new PgliteDatabase(pglite, 10_000)
  expect(await database.rows(one)).toEqual([['1']])
  await pglite.close()
  for (const run of runs(database)) expect(isUnreachable(await failureOf(run(one)))).toBe(true)
})
