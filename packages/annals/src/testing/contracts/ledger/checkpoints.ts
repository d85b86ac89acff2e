import assert from 'node:assert/strict'
import type { StorePromises } from '../store/scene.ts'
import { tenant } from '../store/vocabulary.ts'
import {
  begun,
  carts,
  checkpoints,
  commit,
  document,
  key,
  parking,
  parks,
  positions,
  queue,
  settles,
  take,
  term,
  view,
  writing,
} from './vocabulary.ts'

export const checkpointPromises: StorePromises = {
  'a checkpoint moves with the work of its page': async ({ store, other }) => {
    await store.ledger.register([view({ from: 2 })])
    const lease = await take(store, 'a')
    await commit(store, lease, {
      ...writing(document('1', { state: '{"n":1}', position: 7 })),
      ...parks(parking('b', 8)),
      position: 9,
    })
    assert.deepEqual(await checkpoints(other), [9])
    const { fields: _, ...expected } = document('1', { state: '{"n":1}', position: 7 })
    assert.deepEqual(await other.documents.find(carts, key('1')), expected)
    assert.deepEqual(positions(await other.ledger.parked({ limit: 10 })), [8])
  },

  'a page changes the documents as they are': async ({ store, other }) => {
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    await commit(store, lease, { ...writing(document('1', { state: '1' })), position: 1 })
    const seen: unknown[] = []
    const keys = [key('1'), key('2'), { ...key('1'), tenant: 'other' }]
    await commit(store, lease, {
      documents: {
        model: carts,
        keys,
        change: (before) => {
          seen.splice(0, Infinity, ...keys.map((name) => before(name)?.state))
          return [
            document('1', { state: '2', position: 2 }),
            document('2', { state: '3', position: 2 }),
            document('1', { state: '4', position: 2, tenant: 'other' }),
          ]
        },
      },
      position: 2,
    })
    assert.deepEqual(seen, ['1', undefined, undefined])
    const found = await Promise.all(keys.map((name) => other.documents.find(carts, name)))
    assert.deepEqual(
      found.map((one) => [one?.tenant, one?.key, one?.state]),
      [
        [tenant, '1', '2'],
        [tenant, '2', '3'],
        ['other', '1', '4'],
      ],
    )
  },

  'a page of 1,000 documents is changed at once': async ({ store, other }) => {
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}`)
    const keys = names.map((name) => key(name))
    for (const turn of [1, 2])
      await commit(store, lease, {
        documents: {
          model: carts,
          keys,
          change: (before) =>
            names.map((name) => {
              const state = `${Number(before(key(name))?.state ?? 0) + 1}`
              return document(name, { state, position: turn })
            }),
        },
        position: turn,
      })
    const where = { all: [] }
    assert.equal(await other.documents.count(carts, { tenant, where }), 1_000)
    for (const name of ['0', '500', '999'])
      assert.equal((await other.documents.find(carts, key(name)))?.state, '2')
  },

  'a page that fails leaves nothing, and its error is told': async ({ store, other }) => {
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    await commit(store, lease, { ...parks(parking('kept', 1)), position: 1 })
    const failure = new Error('the handler failed')
    const fail = () => {
      throw failure
    }
    const [kept] = await store.ledger.parked({ limit: 1 })
    assert.ok(kept)
    const whole = {
      ...writing(document('1')),
      ...parks(parking('b', 2)),
      ...settles(kept),
    }
    const failing = { model: carts, keys: [key('1')], change: fail }
    await assert.rejects(
      commit(store, lease, { ...whole, documents: failing, position: 5 }),
      failure,
    )
    assert.deepEqual(await checkpoints(other), [1])
    assert.equal(await other.documents.find(carts, key('1')), undefined)
    assert.deepEqual(await other.ledger.parked({ limit: 10 }), [kept])
    await commit(store, lease, { ...whole, position: 5 })
    assert.deepEqual(positions(await other.ledger.parked({ limit: 10 })), [2])
  },

  'what a page parks and settles at once is settled': async ({ store }) => {
    const lease = await begun(store)
    await commit(store, lease, {
      ...settles({ ...queue('b'), position: 2 }),
      ...parks(parking('b', 2), parking('b', 3)),
    })
    assert.deepEqual(positions(await store.ledger.parked({ limit: 10 })), [3])
  },

  'checkpoints move without work, many at once': async ({ store, other }) => {
    const names = Array.from({ length: 20 }, (_, index) => ({ ...carts, name: `view-${index}` }))
    await store.ledger.register(names.map((name) => view({ ...name, slices: 2 })))
    const slices = names.flatMap((name) => [0, 512].map((first) => ({ ...name, first })))
    const leases = await store.ledger.claim(slices, 'a', term)
    assert.equal(leases.length, 40)
    const moves = leases.map((lease, index) => ({ lease, position: index + 1 }))
    assert.deepEqual(await store.ledger.advance(moves), [])
    for (const { lease, position } of moves) {
      const found = await checkpoints(other, lease)
      assert.equal(found[lease.first === 0 ? 0 : 1], position)
    }
  },

  'moves whose lease was lost are given back, and the others are made': async (scene) => {
    const { store, other, clock } = scene
    await store.ledger.register([view({ slices: 2 })])
    const slices = [0, 512].map((first) => ({ ...carts, first }))
    const leases = await store.ledger.claim(slices, 'a', term)
    clock.advance('31s')
    await other.ledger.claim(slices.slice(0, 1), 'b', term)
    const moves = leases.map((lease) => ({ lease, position: 5 }))
    const lost = await store.ledger.advance(moves)
    assert.deepEqual(
      lost.map(({ lease, position }) => [lease.first, position]),
      [[0, 5]],
    )
    assert.deepEqual(await checkpoints(other), [0, 5])
  },

  'a checkpoint never goes back': async ({ store, other }) => {
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    await commit(store, lease, { position: 10 })
    assert.deepEqual(await store.ledger.advance([{ lease, position: 5 }]), [])
    await commit(store, lease, { ...writing(document('1')), position: 7 })
    assert.deepEqual(await checkpoints(other), [10])
    assert.ok(await other.documents.find(carts, key('1')), 'the work is done all the same')
  },
}
