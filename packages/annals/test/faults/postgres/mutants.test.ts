import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { mutants } from './mutants.ts'
import { connected, storeAt, type Place } from './place.ts'
import { play } from './schedules/scene.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make()
})

afterAll(() => cluster[Symbol.asyncDispose]())

/** Makes the schema as the store does, then changes it. */
async function changed({ url, schema }: Place, sql: string): Promise<void> {
  {
    await using store = storeAt({ url, schema })
    await store.settled()
  }
  await using client = await connected(url)
  await client.query(`set search_path to "${schema}"`)
  await client.query(sql)
}

describe('a schedule shows a store that', () => {
  test.each(Object.entries(mutants))('%s', async (_, { sql, schedule, shows }) => {
    const wrong = await play(schedule, cluster, (place) => changed(place, sql))
    expect(wrong).toContain(shows)
    expect(wrong).not.toContain('failed') // it works, but for that
  })
})
