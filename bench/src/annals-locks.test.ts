import pg from 'pg'
import { postgres } from 'annals/postgres'
import { afterAll, expect, test } from 'vitest'
import { withoutLocks, withOneLock } from './annals-locks.ts'
import { newDraft } from './annals-postgres.ts'
import { dropDatabase, inPlace, type Place } from './postgres-server.ts'

afterAll(dropDatabase)

test('without locks none is taken', async () => {
  expect(await locksOfAppends(withoutLocks)).toEqual([])
})

test('with one lock an append takes it and no other', async () => {
  expect(await locksOfAppends(withOneLock)).toEqual([['ExclusiveLock', 1]])
})

test('as it is an append takes several, and a stamp', async () => {
  const locks = await locksOfAppends(async () => {})
  expect(locks).toContainEqual(['ShareLock', 2])
  expect(locks.length).toBeGreaterThan(2)
})

test('a function in which nothing can be replaced is told', async () => {
  const twice = async (place: Place) => {
    await withoutLocks(place)
    await withoutLocks(place)
  }
  await expect(locksOfAppends(twice)).rejects.toThrow('the function append_events has no')
})

/** The advisory locks of a transaction that has appended an event. */
async function locksOfAppends(
  change: (place: Place) => Promise<void>,
): Promise<readonly (readonly unknown[])[]> {
  const found: (readonly unknown[])[] = []
  const opened = await inPlace(async (place) => {
    const { schema, url } = place
    await using store = postgres(url, { schema })
    await store.settled() // its tables are there
    await change(place)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('begin')
    await store.append({ tenant: '', drafts: [newDraft('a')] }, { tx: client })
    const { rows } = await client.query<unknown[]>({
      text: `select mode, objsubid from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'`,
      rowMode: 'array',
    })
    found.push(...rows)
    await client.end()
    return { step: () => {}, close: async () => {} }
  })
  await opened.close()
  return found
}
