import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { firstFaults, type History } from './history.ts'
import { amount, appendOf, connected, draft, lasting, newPlace, storeAt } from './place.ts'
import { deeds } from './deeds.ts'
import { Run } from './run.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make({ max_connections: 200 })
})

afterAll(() => cluster[Symbol.asyncDispose]())

test(
  'followers of 24 writers miss nothing and see it in order, whatever else is open',
  lasting,
  async () => {
    const appends = amount(1_000, 20_000)
    await cluster.query('create database elsewhere')
    await using run = await Run.at(newPlace(cluster.url()))
    run.write(3, 8)
    run.follow(2)
    await run.acknowledged(100)

    await using neighbour = storeAt(newPlace(cluster.url()))
    await using neighbours = await connected(cluster.url())
    await neighbours.query('begin')
    await neighbour.append(appendOf(draft({ category: 'open', id: '1' })), { tx: neighbours })
    await using foreign = await connected(cluster.url())
    await foreign.query('begin; create table foreign_work (text text)')
    await cluster.query(
      `begin; create table forgotten (text text); prepare transaction 'forgotten'`,
      'elsewhere',
    )

    await run.acknowledged(appends)
    await run.caughtUp() // while all of these are open
    const history = await run.finish()
    expect(deedsIn(history)).toEqual(Object.keys(deeds).toSorted())
    expect(firstFaults(history)).toEqual([])
    await cluster.query(`rollback prepared 'forgotten'`, 'elsewhere')
  },
)

/** What was done with success. */
function deedsIn({ attempts }: History): readonly string[] {
  const done = attempts.filter(({ outcome }) => outcome === 'acknowledged')
  return [...new Set(done.map(({ deed }) => deed))].toSorted()
}
