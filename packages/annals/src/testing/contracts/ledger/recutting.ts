import assert from 'node:assert/strict'
import type { EventStore } from '../../../store/store.ts'
import type { StorePromises } from '../store/scene.ts'
import { refused } from '../store/vocabulary.ts'
import {
  carts,
  checkpoints,
  commit,
  document,
  key,
  parks,
  positions,
  queueWithin,
  standing,
  take,
  term,
  view,
  waiting,
  writing,
} from './vocabulary.ts'

async function ranges(store: EventStore): Promise<number[][]> {
  const { slices } = await standing(store)
  return slices.map(({ first, last }) => [first, last])
}

const halves = [0, 512].map((first) => ({ ...carts, first }))

export const recuttingPromises: StorePromises = {
  'a processor is cut anew where all of it stands': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2, from: 7 })])
    await store.ledger.register([view({ slices: 3 })])
    assert.deepEqual(await ranges(other), [
      [0, 511],
      [512, 1_023],
    ])
    assert.equal(await other.ledger.recut(carts), true)
    assert.deepEqual(await ranges(store), [
      [0, 341],
      [342, 682],
      [683, 1_023],
    ])
    assert.deepEqual(await checkpoints(store), [7, 7, 7])
    await store.ledger.register([view({ slices: 1 })])
    assert.equal(await store.ledger.recut(carts), true)
    assert.deepEqual(await ranges(other), [[0, 1_023]])
    assert.deepEqual(await checkpoints(other), [7])
    assert.equal(await store.ledger.recut({ ...carts, name: 'nobody' }), false)
  },

  'a processor is not cut while its slices stand apart': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2 })])
    await store.ledger.register([view({ slices: 4 })])
    const leases = await store.ledger.claim(halves, 'a', term)
    const [first, second] = leases
    assert.ok(first && second)
    await commit(store, first, { position: 5 })
    await store.ledger.release(leases)
    assert.equal(await other.ledger.recut(carts), false)
    assert.equal((await ranges(store)).length, 2)
    const again = await take(store, 'a', carts)
    const behind = first.first === 0 ? second : again
    const [lease = behind] = await store.ledger.claim(
      [{ ...carts, first: behind.first }],
      'a',
      term,
    )
    await commit(store, lease, { position: 5 })
    await store.ledger.release([again, lease])
    assert.equal(await other.ledger.recut(carts), true)
    assert.deepEqual(await checkpoints(store), [5, 5, 5, 5])
  },

  'a processor is not cut while somebody runs a slice of it': async (scene) => {
    const { store, other, clock } = scene
    await store.ledger.register([view({ slices: 2 })])
    await store.ledger.register([view({ slices: 4 })])
    await store.ledger.claim(halves.slice(1), 'a', term)
    assert.equal(await other.ledger.recut(carts), false)
    assert.equal((await ranges(other)).length, 2)
    clock.advance('31s')
    assert.equal(await other.ledger.recut(carts), true)
    assert.equal((await ranges(store)).length, 4)
  },

  'who ran a slice before it was cut can write nothing': async ({ store, other, clock }) => {
    await store.ledger.register([view({ slices: 2 })])
    const olds = await store.ledger.claim(halves, 'a', term)
    await store.ledger.register([view({ slices: 4 })])
    clock.advance('31s')
    assert.equal(await other.ledger.recut(carts), true)
    const nothing = async () => {
      for (const old of olds) {
        const work = { ...writing(document('late')), position: 9 }
        await refused(commit(store, old, work), 'ANNALS_LEASE_LOST')
        const move = { lease: old, position: 9 }
        assert.deepEqual(await store.ledger.advance([move]), [move])
      }
      await store.ledger.tend({ owner: 'a', term, held: olds, runs: [carts] })
      await store.ledger.release(olds)
      assert.deepEqual(await checkpoints(other), [0, 0, 0, 0])
      assert.equal(await other.documents.find(carts, key('late')), undefined)
    }
    await nothing()
    const leases = await other.ledger.claim(halves, 'b', term)
    assert.equal(leases.length, 2, 'they are free, whoever says that he goes on with them')
    await nothing()
    for (const lease of leases) await commit(other, lease, { position: 1 })
  },

  'of ten that cut at once each sees the same slices afterwards': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2 })])
    await store.ledger.register([view({ slices: 5 })])
    const cuts = Array.from({ length: 10 }, (_, index) =>
      (index % 2 ? store : other).ledger.recut(carts),
    )
    assert.ok((await Promise.all(cuts)).includes(true))
    assert.equal((await ranges(store)).length, 5)
    assert.equal((await ranges(store)).at(-1)?.[1], 1_023)
  },

  'what was parked belongs to the slice of its queue afterwards': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 1 })])
    const lease = await take(store, 'a')
    const low = waiting(queueWithin(0, 511), 1)
    const high = waiting(queueWithin(512, 1_023), 2)
    await commit(store, lease, { ...parks(low, high), position: 2 })
    await store.ledger.release([lease])
    await store.ledger.register([view({ slices: 2 })])
    assert.equal(await store.ledger.recut(carts), true)
    for (const one of await other.ledger.claim(halves, 'b', term))
      assert.deepEqual(positions(await other.ledger.due(one, 10)), [one.first === 0 ? 1 : 2])
  },
}
