import assert from 'node:assert/strict'
import type { Parked } from '../../../store/ledger.ts'
import type { StorePromises } from '../store/scene.ts'
import {
  begun,
  carts,
  commit,
  due,
  named,
  parking,
  parks,
  positions,
  queue,
  queueWithin,
  settles,
  term,
  view,
  waiting,
} from './vocabulary.ts'

export const parkedPromises: StorePromises = {
  'what is parked is kept as it was': async ({ store, other, clock }) => {
    const lease = await begun(store)
    const failed = parking('b', 3, { attempts: 2, error: 'it was 🦊 full', delay: 1_500 })
    const behind = waiting('b', 5)
    await commit(store, lease, parks(failed, behind))
    const at = clock()
    const next = new Date(at.getTime() + 1_500)
    const { delay: _, ...kept } = failed
    assert.deepEqual(await other.ledger.parked({ limit: 10 }), [
      { ...carts, ...kept, at, next, request: undefined },
      { ...carts, ...behind, at, next: undefined, request: undefined },
    ] satisfies Parked[])
  },

  'what is tried again and fails keeps when it was parked first': async (scene) => {
    const { store, other, clock } = scene
    const lease = await begun(store)
    const first = parking('b', 3, { error: 'first', delay: 1_000 })
    await commit(store, lease, parks(first, parking('c', 4, { error: 'first' })))
    const at = clock()
    assert.equal(await other.ledger.request(named('c', 4), 'retry'), true)
    clock.advance('5s')
    const again = [
      { ...first, attempts: 2, error: 'second', delay: 2_000 },
      parking('c', 4, { attempts: 2 }),
    ]
    await commit(store, lease, parks(...again))
    const found = await other.ledger.parked({ limit: 10 })
    assert.deepEqual(
      found.map((one) => [one.attempts, one.error, one.at, one.next, one.request]),
      [
        [2, 'second', at, new Date(clock().getTime() + 2_000), undefined],
        [2, undefined, at, undefined, undefined],
      ],
    )
    assert.ok(found[1] && !('error' in found[1]), 'it did not say what went wrong')
  },

  'an event that failed is due when its pause is over, or somebody asks': async (scene) => {
    const { store, other, clock } = scene
    const lease = await begun(store)
    const paused = parking('paused', 3, { delay: 10_000 })
    const hurried = parking('hurried', 6, { delay: 3_600_000 })
    await commit(store, lease, parks(paused, parking('stuck', 4), parking('dropped', 5), hurried))
    assert.deepEqual(await due(store, lease), [])
    clock.advance('9s')
    assert.deepEqual(await due(store, lease), [])
    clock.advance('2s')
    assert.deepEqual(await due(store, lease), [3])
    assert.equal(await other.ledger.request(named('stuck', 4), 'retry'), true)
    assert.equal(await other.ledger.request(named('dropped', 5), 'discard'), true)
    assert.equal(await other.ledger.request(named('hurried', 6), 'retry'), true)
    const found = await store.ledger.due(lease, 10)
    assert.deepEqual(
      found.map(({ position, request }) => [position, request]),
      [
        [3, undefined],
        [4, 'retry'],
        [5, 'discard'],
        [6, 'retry'],
      ],
    )
    assert.deepEqual(found, await other.ledger.parked({ limit: 10 }))
    clock.advance('1d')
    assert.deepEqual(await due(store, lease), [3, 4, 5, 6], 'nothing else is')
  },

  'events wait behind the first of their queue, and are due when it is gone': async (scene) => {
    const { store, clock } = scene
    const lease = await begun(store)
    await commit(store, lease, parks(parking('b', 3), waiting('b', 5), waiting('b', 8)))
    await commit(store, lease, parks(parking('c', 4, { delay: 60_000 }), waiting('c', 6)))
    assert.deepEqual(await due(store, lease), [])
    assert.equal(await store.ledger.request(named('b', 5), 'retry'), true)
    clock.advance('59s')
    assert.deepEqual(await due(store, lease), [], 'a request goes past nobody')
    const done = await commit(store, lease, settles({ ...queue('b'), position: 3 }))
    assert.deepEqual(positions(done.next), [5])
    assert.deepEqual(await due(store, lease), [5])
    await commit(store, lease, settles({ ...queue('b'), position: 5 }))
    assert.deepEqual(await due(store, lease), [8])
    clock.advance('2s')
    assert.deepEqual(await due(store, lease), [4, 8])
    await commit(store, lease, settles({ ...queue('c'), position: 4 }))
    assert.deepEqual(await due(store, lease), [6, 8])
  },

  'who settles events learns what is next in their queues': async ({ store, other }) => {
    const lease = await begun(store)
    const list = ['b', 'c', 'd'].flatMap((of, index) =>
      [1, 2, 3].map((turn) => parking(of, turn * 10 + index, { attempts: turn === 1 ? 1 : 0 })),
    )
    await commit(store, lease, parks(...list))
    assert.deepEqual((await commit(store, lease)).next, [])
    assert.equal(await other.ledger.request(named('b', 20), 'discard'), true)
    const done = await commit(store, lease, {
      ...settles(
        { ...queue('b'), position: 10 },
        { ...queue('c'), position: 11 },
        { ...queue('c'), position: 21 },
        { ...queue('none'), position: 12 },
      ),
      ...parks(parking('d', 12, { attempts: 2 })),
    })
    assert.deepEqual(new Set(positions(done.next)), new Set([20, 31]))
    const found = await other.ledger.parked({ limit: 10 })
    assert.deepEqual(positions(found), [12, 20, 22, 30, 31, 32])
    for (const next of done.next)
      assert.deepEqual(
        next,
        found.find(({ position }) => position === next.position),
      )
    const last = await commit(store, lease, settles(...list))
    assert.deepEqual(last.next, [])
    assert.deepEqual(await other.ledger.parked({ limit: 10 }), [])
  },

  'what is due comes oldest first, and no more of it than asked for': async ({ store }) => {
    const lease = await begun(store)
    const list = Array.from({ length: 12 }, (_, index) => [
      parking(`q${(index * 5) % 12}`, index + 1, { attempts: 0 }),
      parking(`q${(index * 5) % 12}`, index + 101, { attempts: 0 }),
    ]).flat()
    await commit(store, lease, parks(...list.toReversed()))
    assert.deepEqual(await due(store, lease, 5), [1, 2, 3, 4, 5])
    assert.deepEqual(
      await due(store, lease),
      positions(list.filter(({ position }) => position < 100)),
    )
  },

  'a slice has the queues whose hash it has': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2 })])
    const leases = await store.ledger.claim(
      [0, 512].map((first) => ({ ...carts, first })),
      'a',
      term,
    )
    for (const lease of leases) {
      const mine = queueWithin(lease.first, lease.last)
      assert.deepEqual(await store.ledger.queues(lease), [])
      const list = [7, 3].map((position) => waiting(mine, lease.first + position))
      await commit(store, lease, parks(...list))
    }
    for (const lease of leases) {
      const mine = queueWithin(lease.first, lease.last)
      assert.deepEqual(await other.ledger.queues(lease), [mine])
      assert.deepEqual(await due(other, lease), [lease.first + 3])
    }
  },
}
