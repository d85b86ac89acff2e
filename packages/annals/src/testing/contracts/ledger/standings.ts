import assert from 'node:assert/strict'
import type { Tending } from '../../../store/ledger.ts'
import type { EventStore } from '../../../store/store.ts'
import type { StorePromises } from '../store/scene.ts'
import {
  carts,
  commit,
  parking,
  parks,
  queueWithin,
  standing,
  take,
  term,
  untaken,
  view,
  waiting,
} from './vocabulary.ts'

/** What a process runs, one of which goes wrong there. */
function failing(error: string): Tending['runs'] {
  return [
    { ...carts, error },
    { ...carts, version: '2' },
  ]
}

function tend(store: EventStore, owner: string, change: Partial<Tending> = {}) {
  return store.ledger.tend({ owner, term, held: [], runs: [carts], ...change })
}

export const standingPromises: StorePromises = {
  'who tends learns how its processors stand': async ({ store, other, clock }) => {
    const later = { name: 'later', version: '2' }
    await store.ledger.register([view({ slices: 2 }), view(later), view({ name: 'not-asked' })])
    const lease = await take(store, 'a')
    await commit(store, lease, { position: 5 })
    const told = await tend(other, 'b', { runs: [later, carts, { ...later, version: '3' }] })
    assert.equal(told.length, 2, 'nothing of one that is not known')
    const found = told.find(({ name }) => name === 'carts')
    const { parked: _, stuck: __, oldest: ___, error: ____, ...expected } = await standing(store)
    assert.deepEqual(found, expected)
    assert.deepEqual(
      found?.slices.map(({ first, last, position, owner, due }) => [
        first,
        last,
        position,
        owner,
        due,
      ]),
      [
        [0, 511, 5, 'a', false],
        [512, 1_023, 0, undefined, false],
      ],
    )
    clock.advance('31s')
    const [expired] = await tend(other, 'b')
    assert.equal(expired?.slices[0]?.owner, undefined)
    assert.deepEqual(await tend(other, 'b', { runs: [] }), [])
  },

  'those who ask for a processor are counted, until they are silent': async (scene) => {
    const { store, other, clock } = scene
    await store.ledger.register([view(), view({ name: 'other' })])
    const counts = async () => {
      const names = [carts, { ...carts, name: 'other' }]
      return Promise.all(names.map(async (name) => (await standing(store, name)).runners))
    }
    const [first] = await tend(store, 'a')
    assert.equal(first?.runners, 1)
    const [second] = await tend(other, 'b')
    assert.equal(second?.runners, 2)
    await tend(store, 'a')
    assert.deepEqual(await counts(), [2, 0])
    clock.advance('20s')
    await tend(store, 'a', { runs: [carts, { ...carts, name: 'other' }] })
    clock.advance('11s')
    assert.deepEqual(await counts(), [1, 1])
    clock.advance('20s')
    assert.deepEqual(await counts(), [0, 0])
  },

  'what goes wrong with one who runs it is told while he says so': async (scene) => {
    const { store, other, clock } = scene
    await store.ledger.register([view(), view({ version: '2' })])
    const error = async (version = '1') => (await standing(store, { ...carts, version })).error
    await tend(store, 'a', { runs: failing('no 🦊') })
    assert.deepEqual([await error(), await error('2')], ['no 🦊', undefined])
    await tend(other, 'b')
    assert.equal(await error(), 'no 🦊', 'whatever others say')
    await tend(store, 'a', { runs: failing('no wolf') })
    assert.equal(await error(), 'no wolf')
    await tend(store, 'a')
    assert.equal(await error(), undefined)
    await tend(store, 'a', { runs: failing('gone') })
    clock.advance('31s')
    assert.equal(await error(), undefined)
  },

  'many leases are renewed at once, and only those': async ({ store, other, clock }) => {
    const names = Array.from({ length: 20 }, (_, index) => ({ ...carts, name: `view-${index}` }))
    await store.ledger.register(names.map((name) => view({ ...name, slices: 2 })))
    const slices = names.flatMap((name) => [0, 512].map((first) => ({ ...name, first })))
    const leases = await store.ledger.claim(slices, 'a', term)
    clock.advance('20s')
    const told = await tend(store, 'a', { held: leases.slice(1), runs: names })
    assert.equal(told.length, 20)
    clock.advance('11s')
    const free = await other.ledger.claim(slices, 'b', term)
    const { name, first } = leases[0] ?? {}
    assert.deepEqual(
      free.map((lease) => [lease.name, lease.first]),
      [[name, first]],
    )
  },

  'those who tend at once hold nobody up': async ({ store, other }) => {
    const names = Array.from({ length: 10 }, (_, index) => ({ ...carts, name: `view-${index}` }))
    await store.ledger.register(names.map((name) => view(name)))
    const tending = Array.from({ length: 20 }, (_, index) =>
      tend(index % 2 ? store : other, `p${index}`, {
        runs: index % 3 ? names : names.toReversed(),
      }),
    )
    for (const told of await Promise.all(tending)) assert.equal(told.length, 10)
    for (const name of names) assert.equal((await standing(store, name)).runners, 20)
  },

  'a slice says whether something that was parked is due': async ({ store, other, clock }) => {
    await store.ledger.register([view({ slices: 2 })])
    const leases = await store.ledger.claim(
      [0, 512].map((first) => ({ ...carts, first })),
      'a',
      term,
    )
    const upper = leases.find(({ first }) => first === 512)
    assert.ok(upper)
    const dues = async () => {
      const [told] = await tend(other, 'b')
      return told?.slices.map(({ due }) => due)
    }
    await commit(store, upper, parks(parking(queueWithin(512, 1_023), 3, { delay: 10_000 })))
    assert.deepEqual(await dues(), [false, false])
    clock.advance('11s')
    assert.deepEqual(await dues(), [false, true])
    const lower = leases.find(({ first }) => first === 0)
    assert.ok(lower)
    const stuck = queueWithin(0, 511)
    await commit(store, lower, parks(parking(stuck, 4)))
    assert.deepEqual(await dues(), [false, true])
    assert.equal(await other.ledger.request({ ...carts, ...stuck, position: 4 }, 'retry'), true)
    assert.deepEqual(await dues(), [true, true])
  },

  'a paused processor is claimed by nobody until it goes on': async ({ store, other, clock }) => {
    await store.ledger.register([view(), view({ version: '2' })])
    const lease = await take(store, 'a')
    assert.equal(await other.ledger.pause(carts, true), true)
    assert.equal((await tend(store, 'a', { held: [lease] }))[0]?.paused, true)
    await commit(store, lease, { position: 3 })
    await store.ledger.release([lease])
    await untaken(store, 'a')
    clock.advance('1m')
    await untaken(other, 'b')
    assert.equal((await standing(other, { ...carts, version: '2' })).paused, false)
    await take(other, 'b', { ...carts, version: '2' })
    await store.ledger.register([view()])
    await untaken(store, 'a')
    assert.equal(await store.ledger.pause(carts, false), true)
    assert.equal((await standing(other)).paused, false)
    assert.equal((await take(other, 'b')).position, 3)
  },

  'pausing what nobody has registered says so': async ({ store }) => {
    await store.ledger.register([view()])
    for (const name of [
      { ...carts, name: 'cart' },
      { ...carts, version: '2' },
    ])
      for (const paused of [true, false])
        assert.equal(await store.ledger.pause(name, paused), false)
    assert.equal(await store.ledger.pause(carts, false), true)
  },

  'an overview counts what is parked, and what only a person will try': async (scene) => {
    const { store, other, clock } = scene
    await store.ledger.register([view({ slices: 4 }), view({ name: 'other' })])
    const lease = await take(store, 'a', { ...carts, name: 'other' })
    await commit(store, lease, parks(parking('elsewhere', 1)))
    const slices = [0, 256, 512, 768].map((first) => ({ ...carts, first }))
    const leases = await other.ledger.claim(slices, 'a', term)
    const first = clock()
    for (const [index, one] of leases.entries()) {
      const mine = queueWithin(one.first, one.last)
      const attempts = index === 3 ? { delay: 60_000 } : {}
      await commit(other, one, parks(parking(mine, 10, attempts), waiting(mine, 11)))
      clock.advance('1s')
    }
    const { parked, stuck, oldest } = await standing(store)
    assert.deepEqual([parked, stuck, oldest], [8, 3, first])
    const [head] = await store.ledger.parked({ processor: carts, limit: 1 })
    assert.ok(head)
    await store.ledger.request(head, 'retry')
    assert.equal((await standing(store)).stuck, head.next ? 3 : 2, 'somebody did')
    const elsewhere = await standing(store, { ...carts, name: 'other' })
    assert.deepEqual([elsewhere.parked, elsewhere.stuck], [1, 1])
  },
}
