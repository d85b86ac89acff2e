import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { firstFaults } from './history.ts'
import {
  amount,
  appendOf,
  connected,
  draft,
  lasting,
  newPlace,
  storeAt,
  type Place,
} from './place.ts'
import { Run } from './run.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make({ max_connections: 200 })
})

afterAll(() => cluster[Symbol.asyncDispose]())

async function load(run: Run): Promise<void> {
  run.write(2, 8)
  run.follow(1)
  await run.acknowledged(100)
}

test(
  'a server that restarts under load loses nothing and shows nothing twice',
  lasting,
  async () => {
    const place = newPlace(cluster.url())
    await using run = await Run.at(place)
    await load(run)
    for (let round = 0; round < amount(2, 20); round++)
      for (const ending of ['immediate', 'fast'] as const) {
        await rolledBack(place)
        await cluster.restart(ending)
        await run.acknowledged(100)
      }
    expect(firstFaults(await run.finish())).toEqual([])
  },
)

/** Takes many positions, the last thing before a crash, and none of them is kept. */
async function rolledBack(place: Place): Promise<void> {
  await using store = storeAt(place)
  await using client = await connected(place.url)
  await client.query('begin')
  const drafts = Array.from({ length: 50 }, () => draft({ category: 'undone', id: '1' }))
  await store.append(appendOf(...drafts), { tx: client })
  await client.query('rollback')
}

test('connections that are ended by an administrator lose nothing', lasting, async () => {
  await using run = await Run.at(newPlace(cluster.url()))
  await load(run)
  await using administrator = await connected(cluster.url())
  for (let ended = 0; ended < amount(30, 1_000); ended++) {
    const { rowCount } = await administrator.query(
      `select pg_terminate_backend(pid) from (
        select pid from pg_stat_activity
        where application_name in ('writer', 'follower') order by random() limit 1
      ) one`,
    )
    expect(rowCount).toBe(1)
    await run.acknowledged(5)
  }
  expect(firstFaults(await run.finish())).toEqual([])
})

test('a writing process that is killed leaves nothing half done', lasting, async () => {
  await using run = await Run.at(newPlace(cluster.url()))
  await load(run)
  for (let killed = 0; killed < amount(3, 50); killed++) {
    run.write(1, 8)
    await run.killWriter()
    await run.acknowledged(50)
  }
  expect(firstFaults(await run.finish())).toEqual([])
})
