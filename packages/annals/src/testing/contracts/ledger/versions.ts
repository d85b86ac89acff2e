import assert from 'node:assert/strict'
import type { ProcessorName } from '../../../store/ledger.ts'
import type { EventStore } from '../../../store/store.ts'
import type { StorePromises } from '../store/scene.ts'
import { append, cart, drafts, refused } from '../store/vocabulary.ts'
import { appendInline } from './tally.ts'
import {
  carts,
  commit,
  document,
  key,
  parking,
  parks,
  standing,
  take,
  term,
  view,
  writing,
} from './vocabulary.ts'

const mine = cart('1')
const second: ProcessorName = { ...carts, version: '2' }
const tenth: ProcessorName = { ...carts, version: '10' }

/** The versions of the view that are live. */
async function live(store: EventStore): Promise<string[]> {
  const known = await store.ledger.overview()
  return known.filter((one) => one.name === carts.name && one.live).map(({ version }) => version)
}

/** Registers versions of the view, the first of which is live, and moves each to a position. */
async function standingAt(
  store: EventStore,
  ...places: readonly (readonly [ProcessorName, number])[]
): Promise<void> {
  for (const [name, position] of places) {
    await store.ledger.register([view(name)])
    const lease = await take(store, 'a', name)
    await commit(store, lease, { position })
    await store.ledger.release([lease])
  }
}

/** Says that somebody runs a version. */
async function runs(store: EventStore, name: ProcessorName, owner = 'a'): Promise<void> {
  await store.ledger.tend({ owner, term, held: [], runs: [name] })
}

export const versionPromises: StorePromises = {
  'the first version of a name is live where the log is empty, and no other': async (scene) => {
    const { store, other } = scene
    await store.ledger.register([view(), view(second), view({ name: 'others', version: '3' })])
    assert.deepEqual(await live(other), ['1'])
    assert.equal((await standing(other, { name: 'others', version: '3' })).live, true)
    const [told] = await other.ledger.tend({ owner: 'a', term, held: [], runs: [carts] })
    assert.equal(told?.live, true)
  },

  'a version that begins behind events is live when it is built': async ({ store, other }) => {
    await append(store, drafts(mine, 2))
    await store.ledger.register([
      view({ inline: true }),
      view({ name: 'sub', kind: 'subscription' }),
    ])
    assert.deepEqual(await live(other), [])
    assert.equal((await standing(other, { ...carts, name: 'sub' })).live, true, 'it is not built')
    assert.equal(await other.ledger.goLive(carts, 0), true)
    assert.deepEqual(await live(store), ['1'])
  },

  'a version goes live when all of its slices have reached a position': async (scene) => {
    const { store, other } = scene
    await store.ledger.register([view(), view({ ...second, slices: 2 })])
    const leases = await store.ledger.claim(
      [0, 512].map((first) => ({ ...second, first })),
      'a',
      term,
    )
    const [one, next] = leases
    assert.ok(one && next)
    await commit(store, one, { position: 7 })
    await commit(store, next, { position: 6 })
    assert.equal(await other.ledger.goLive(second, 7), false)
    assert.deepEqual(await live(store), ['1'])
    await commit(store, next, { position: 7 })
    assert.equal(await other.ledger.goLive(second, 8), false)
    assert.equal(await other.ledger.goLive(second, 7), true)
    assert.deepEqual(await live(store), ['2'])
    assert.equal(await store.ledger.goLive(second, 7), true, 'it is already')
  },

  'a version does not go live behind the one that is': async ({ store, other }) => {
    await standingAt(store, [carts, 9], [second, 8])
    assert.equal(await other.ledger.goLive(second, 3), false)
    assert.deepEqual(await live(other), ['1'])
    await standingAt(store, [second, 9])
    assert.equal(await other.ledger.goLive(second, 3), true)
    assert.deepEqual(await live(other), ['2'])
  },

  'a version that is inline has reached everything': async ({ store, other }) => {
    await store.ledger.register([view({ inline: true }), view(second)])
    await appendInline(store, drafts(mine, 3))
    assert.equal(await store.ledger.goLive(carts, 1_000), true)
    const lease = await take(store, 'a', second)
    await commit(store, lease, { position: 2 })
    assert.equal(await other.ledger.goLive(second, 2), false, 'appends keep the one that is')
    await commit(store, lease, { position: 3 })
    assert.equal(await other.ledger.goLive(second, 3), true)
  },

  'an older version goes live only when nobody runs the newer': async (scene) => {
    const { store, other, clock } = scene
    await standingAt(store, [carts, 9], [second, 9], [tenth, 9])
    await runs(other, carts)
    assert.equal(await store.ledger.goLive(tenth, 9), true)
    await runs(other, tenth)
    for (const older of [carts, second])
      assert.equal(await store.ledger.goLive(older, 9), false, older.version)
    assert.deepEqual(await live(other), ['10'])
    clock.advance('31s')
    await runs(other, second)
    assert.equal(await store.ledger.goLive(second, 9), true)
    assert.deepEqual(await live(other), ['2'])
    assert.equal(await store.ledger.goLive(carts, 9), false, 'a 2 is newer than a 1')
  },

  'of versions that go live at once one is': async ({ store, other }) => {
    await standingAt(store, [carts, 1], [second, 1], [tenth, 1])
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        [carts, second, tenth, second].map((name, index) =>
          (index % 2 ? store : other).ledger.goLive(name, 1),
        ),
      )
      assert.equal((await live(other)).length, 1)
    }
  },

  'what nobody has registered goes nowhere': async ({ store }) => {
    await store.ledger.register([view()])
    assert.equal(await store.ledger.goLive(second, 0), false)
    assert.deepEqual(await live(store), ['1'])
    assert.equal(await store.ledger.drop(second), false)
    assert.equal(await store.ledger.drop({ ...carts, name: 'cart' }), false)
  },

  'what was dropped is gone, with its documents and what it put aside': async (scene) => {
    const { store, other } = scene
    for (const name of [carts, second]) {
      await store.ledger.register([view(name)])
      const lease = await take(store, 'a', name)
      const { documents } = writing(document('1'))
      const work = documents && { documents: { ...documents, model: name } }
      await commit(store, lease, { ...work, ...parks(parking('1', 5)), position: 5 })
      await store.ledger.release([lease])
    }
    assert.equal(await other.ledger.drop(carts), true)
    assert.deepEqual(
      (await store.ledger.overview()).map(({ version }) => version),
      ['2'],
    )
    assert.equal((await store.ledger.parked({ limit: 9 })).length, 1)
    assert.deepEqual(await store.ledger.claim([{ ...carts, first: 0 }], 'a', term), [])
    assert.ok(await store.documents.find(second, key('1')))
    await store.ledger.register([view()])
    assert.equal(await other.documents.find(carts, key('1')), undefined)
    assert.equal((await take(store, 'a')).position, 0)
    assert.deepEqual(await store.ledger.parked({ processor: carts, limit: 9 }), [])
  },

  'what somebody runs, or appends keep, is not dropped': async ({ store, other, clock }) => {
    await store.ledger.register([view(), view({ ...second, inline: true })])
    await runs(store, carts)
    await runs(store, carts, 'b')
    await refused(other.ledger.drop(carts), 'ANNALS_OPTION')
    await refused(other.ledger.drop(second), 'ANNALS_OPTION')
    await append(store, drafts(mine, 1)) // which keeps nothing
    assert.equal(await other.ledger.drop(second), true)
    assert.equal((await standing(store)).live, true)
    clock.advance('31s')
    assert.equal(await other.ledger.drop(carts), true)
    assert.deepEqual(await store.ledger.overview(), [])
  },
}
