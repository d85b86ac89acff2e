import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { dropDatabase, inPlace, serverUrl } from './postgres-server.ts'

afterAll(dropDatabase)

const work = 'select count(*) from generate_series(1, 5000000)'

test('the CPU time of a server is that of the connections to its database, and of no others', async () => {
  const opened = await inPlace(async ({ query, serverCpu }) => {
    const other = new pg.Client({ connectionString: serverUrl })
    await other.connect()
    const [own, foreign] = [
      await used(serverCpu, () => query(work)),
      await used(serverCpu, () => other.query(work)),
    ]
    await other.end()
    expect(own).toBeGreaterThan(100_000)
    // what the server did for everybody meanwhile counts, too
    expect(foreign).toBeLessThan(own / 2)
    return { step: () => {}, close: async () => {} }
  })
  await opened.close()
})

async function used(
  counter: (() => number) | undefined,
  act: () => Promise<unknown>,
): Promise<number> {
  const before = counter?.() ?? Number.NaN
  await act()
  return (counter?.() ?? Number.NaN) - before
}
