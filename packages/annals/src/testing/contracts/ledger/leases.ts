import assert from 'node:assert/strict'
import type { Lease, Tending } from '../../../store/ledger.ts'
import type { EventStore } from '../../../store/store.ts'
import type { Scene, StorePromises } from '../store/scene.ts'
import { refused, rounds } from '../store/vocabulary.ts'
import { everyEvent } from './tally.ts'
import {
  carts,
  checkpoints,
  commit,
  document,
  key,
  parking,
  parks,
  standing,
  take,
  term,
  untaken,
  view,
  writing,
} from './vocabulary.ts'

function tend(store: EventStore, owner: string, change: Partial<Tending> = {}) {
  return store.ledger.tend({ owner, term, held: [], runs: [carts], ...change })
}

/** Expects that nothing can be written under a lease, and that what is tried leaves nothing. */
async function lost(store: EventStore, lease: Lease): Promise<void> {
  const before = await standing(store)
  const work = { ...writing(document('late')), ...parks(parking('late', 8)), position: 9 }
  await refused(commit(store, lease, work), 'ANNALS_LEASE_LOST')
  const move = { lease, position: 9 }
  assert.deepEqual(await store.ledger.advance([move]), [move])
  await refused(
    store.ledger.turnInline(lease, everyEvent, () => writing(document('late'))),
    'ANNALS_LEASE_LOST',
  )
  assert.deepEqual(await standing(store), before)
  assert.equal(await store.documents.find(carts, key('late')), undefined)
  assert.deepEqual(await store.ledger.parked({ limit: 10 }), [])
}

/** A registered view whose lease `a` had until it expired. */
async function expired({ store, clock }: Scene, slices = 1): Promise<Lease> {
  await store.ledger.register([view({ slices })])
  const lease = await take(store, 'a')
  clock.advance('31s')
  return lease
}

export const leasePromises: StorePromises = {
  'of twenty that claim at once each slice goes to one': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 4 })])
    await store.ledger.release([await take(store, 'before')]) // so that not all tokens are the same
    const slices = [0, 256, 512, 768].map((first) => ({ ...carts, first }))
    const claims = Array.from({ length: 20 }, (_, racer) =>
      (racer % 2 ? store : other).ledger.claim(slices, `p${racer}`, term),
    )
    const leases = (await Promise.all(claims)).flat()
    assert.deepEqual(
      leases
        .map(({ first, last }) => [first, last])
        .toSorted(([one = 0], [next = 0]) => one - next),
      [
        [0, 255],
        [256, 511],
        [512, 767],
        [768, 1_023],
      ],
    )
    for (const { first, owner, token } of leases) {
      const slice = (await standing(other)).slices.find((found) => found.first === first)
      assert.deepEqual([slice?.owner, slice?.token], [owner, token])
    }
  },

  'a lease says what it is of, and where it begins': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2, from: 3 })])
    const lease = await take(store, 'a')
    const { token, ...rest } = lease
    assert.deepEqual(rest, { ...carts, first: 0, last: 511, owner: 'a', position: 3 })
    assert.ok(Number.isSafeInteger(token))
    for (const within of [100, 600])
      assert.deepEqual(await store.ledger.claim([{ ...carts, first: within }], 'b', term), [])
    assert.deepEqual(
      await other.ledger.claim([{ name: 'none', version: '1', first: 0 }], 'b', term),
      [],
    )
  },

  'a lease that is renewed in time is nobody else’s': async ({ store, other, clock }) => {
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    await untaken(store, 'a')
    await rounds(5, async () => {
      clock.advance('20s')
      await tend(store, 'a', { held: [lease] })
      await untaken(other, 'b')
    })
    await commit(store, lease, { position: 5 })
    assert.equal((await standing(other)).slices[0]?.owner, 'a')
  },

  'a lease holds as long as was asked for': async ({ store, other, clock }) => {
    await store.ledger.register([view()])
    const [lease] = await store.ledger.claim([{ ...carts, first: 0 }], 'a', 120_000)
    assert.ok(lease)
    clock.advance('119s')
    await untaken(other, 'b')
    await tend(store, 'a', { held: [lease], term: 10_000 })
    clock.advance('9s')
    await untaken(other, 'b')
    clock.advance('2s')
    await take(other, 'b')
  },

  'a lease that has expired is taken over, from the checkpoint': async ({
    store,
    other,
    clock,
  }) => {
    await store.ledger.register([view()])
    const old = await take(store, 'a')
    await commit(store, old, { position: 5 })
    clock.advance('31s')
    assert.equal((await standing(other)).slices[0]?.owner, undefined)
    const lease = await take(other, 'b')
    assert.equal(lease.position, 5)
    assert.ok(lease.token > old.token)
    assert.equal((await standing(store)).slices[0]?.owner, 'b')
  },

  'who lost a lease can write nothing under it': async (scene) => {
    const { store, other } = scene
    const old = await expired(scene)
    const lease = await take(other, 'b')
    await lost(store, old)
    await commit(other, lease, { position: 4 })
    assert.deepEqual(await checkpoints(store), [4])
    await lost(store, old)
  },

  'a lease that was lost cannot be renewed, and keeps nobody out': async (scene) => {
    const { store, other, clock } = scene
    const old = await expired(scene)
    const lease = await take(other, 'b')
    clock.advance('20s')
    const [told] = await tend(store, 'a', { held: [old] })
    assert.equal(told?.slices[0]?.owner, 'b')
    await lost(store, old)
    clock.advance('11s')
    await tend(store, 'a', { held: [old, { ...lease, owner: 'a' }] })
    assert.equal((await standing(store)).slices[0]?.owner, undefined)
    await take(store, 'c')
  },

  'the same owner that claims again has a lease of its own': async (scene) => {
    const { store, other } = scene
    const old = await expired(scene)
    const lease = await take(other, 'a')
    assert.ok(lease.token > old.token)
    await lost(store, old)
    await commit(other, lease, { position: 3 })
  },

  'a lease that has expired may be written under until it is taken': async (scene) => {
    const { store, other, clock } = scene
    const lease = await expired(scene)
    await commit(store, lease, { ...writing(document('1')), position: 3 })
    assert.deepEqual(await store.ledger.advance([{ lease, position: 4 }]), [])
    assert.deepEqual(await checkpoints(other), [4])
    assert.ok(await other.documents.find(carts, key('1')))
    const [told] = await tend(store, 'a', { held: [lease] })
    assert.equal(told?.slices[0]?.owner, 'a')
    await untaken(other, 'b')
    clock.advance('31s')
    await take(other, 'b')
  },

  'a page is committed before its slice is taken over, or not at all': async (scene) => {
    const { store, other, clock } = scene
    await store.ledger.register([view()])
    await rounds(20, async (round) => {
      const old = await take(store, 'a')
      clock.advance('31s')
      const work = { ...writing(document(`${round}`)), position: round }
      const [done, lease] = await Promise.all([
        commit(store, old, work).then(
          () => true,
          () => false,
        ),
        take(other, 'b'),
      ])
      const found = await other.documents.find(carts, key(`${round}`))
      assert.deepEqual([lease.position === round, found !== undefined], [done, done])
      await other.ledger.release([lease])
    })
  },

  'a lease that is given back is free at once': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2 })])
    const slices = [0, 512].map((first) => ({ ...carts, first }))
    const leases = await store.ledger.claim(slices, 'a', term)
    await store.ledger.release(leases)
    for (const lease of leases) await lost(store, lease)
    assert.deepEqual(
      (await standing(other)).slices.map(({ owner }) => owner),
      [undefined, undefined],
    )
    assert.equal((await other.ledger.claim(slices, 'b', term)).length, 2)
    const [first] = leases
    assert.ok(first)
    await lost(store, first)
  },

  'giving back a lease that was lost takes it from nobody': async (scene) => {
    const { store, other } = scene
    const old = await expired(scene)
    await take(other, 'b')
    await store.ledger.release([old])
    await untaken(store, 'c')
    assert.equal((await standing(store)).slices[0]?.owner, 'b')
  },
}
