import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { storeAt, type Place } from './place.ts'
import { crashes } from './schedules/crashes.ts'
import { decisions } from './schedules/decisions.ts'
import { inline } from './schedules/inline.ts'
import { neighbours } from './schedules/neighbours.ts'
import { orders } from './schedules/orders.ts'
import { play } from './schedules/scene.ts'
import { streams } from './schedules/streams.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make()
})

afterAll(() => cluster[Symbol.asyncDispose]())

/** The schema as the store makes it. */
async function shipped(place: Place): Promise<void> {
  await using store = storeAt(place)
  await store.settled()
}

describe.each(Object.entries({ orders, neighbours, decisions, streams, inline, crashes }))(
  'of the %s',
  (_, schedules) => {
    test.each(Object.entries(schedules))('%s', async (_name, schedule) => {
      expect(await play(schedule, cluster, shipped)).toEqual([])
    })
  },
)
