import assert from 'node:assert/strict'
import type { StorePromises } from '../store/scene.ts'
import { append, cart, draft, drafts, tenant } from '../store/vocabulary.ts'
import { inlineOf, held } from './tally.ts'
import {
  carts,
  checkpoints,
  commit,
  standing,
  take,
  term,
  view,
  writing,
  document,
  key,
} from './vocabulary.ts'

const mine = cart('1')

export const registrationPromises: StorePromises = {
  'what is registered is known to every store, with its slices': async ({ store, other }) => {
    assert.deepEqual(await store.ledger.overview(), [])
    await store.ledger.register([view({ slices: 4, from: 7 })])
    const { slices, ...found } = await standing(other)
    const slice = { position: 7, owner: undefined, due: false }
    assert.deepEqual(
      slices.map(({ first, last, position, owner, due }) => ({
        first,
        last,
        position,
        owner,
        due,
      })),
      [
        { ...slice, first: 0, last: 255 },
        { ...slice, first: 256, last: 511 },
        { ...slice, first: 512, last: 767 },
        { ...slice, first: 768, last: 1_023 },
      ],
    )
    assert.deepEqual(found, {
      ...carts,
      kind: 'view',
      mode: 'following',
      live: true,
      paused: false,
      wanted: 4,
      runners: 0,
      parked: 0,
      stuck: 0,
      oldest: undefined,
      error: undefined,
    })
  },

  'several are registered at once, each version of a name for itself': async ({ store, other }) => {
    const names = [carts, { name: 'carts', version: '1.1' }, { name: 'cart-s', version: '1' }]
    await store.ledger.register(names.map((name, from) => view({ ...name, from })))
    const known = await other.ledger.overview()
    assert.deepEqual(
      new Set(known.map(({ name, version }) => `${name} ${version}`)),
      new Set(['carts 1', 'carts 1.1', 'cart-s 1']),
    )
    for (const [from, name] of names.entries())
      assert.deepEqual(await checkpoints(other, name), [from])
    assert.deepEqual(await other.ledger.overview([{ name: 'nobody', version: '1' }]), [])
    assert.equal((await other.ledger.overview(names.slice(1))).length, 2)
  },

  'registering again changes only how many slices are wanted': async ({ store, other }) => {
    await store.ledger.register([view({ slices: 2 })])
    const lease = await take(store, 'a')
    await commit(store, lease, { ...writing(document('1')), position: 5 })
    const before = await standing(store)
    await other.ledger.register([view({ slices: 3, from: 9, inline: true, kind: 'subscription' })])
    assert.deepEqual(await standing(store), { ...before, wanted: 3 })
    assert.ok(await other.documents.find(carts, key('1')))
    await commit(store, lease, { position: 6 })
  },

  'ten that register the same at once make it once': async ({ store, other }) => {
    const racers = Array.from({ length: 10 }, (_, index) => (index % 2 ? store : other))
    const both = [view({ slices: 8 }), view({ name: 'other', slices: 2 })]
    await Promise.all(
      racers.map((one, index) => one.ledger.register(index % 3 ? both : both.toReversed())),
    )
    assert.equal((await standing(store)).slices.length, 8)
    assert.equal((await standing(store, { ...carts, name: 'other' })).slices.length, 2)
    assert.equal((await store.ledger.overview()).length, 2)
  },

  'a new one is inline at once where the log is empty': async ({ store, other }) => {
    await store.ledger.register([view({ inline: true }), view({ name: 'other' })])
    assert.equal((await standing(other)).mode, 'inline')
    assert.equal((await standing(other, { ...carts, name: 'other' })).mode, 'following')
    assert.deepEqual(await other.ledger.claim([{ ...carts, first: 0 }], 'a', term), [])
  },

  'a new one follows from where it begins where the log is not empty': async ({ store, other }) => {
    const { position } = await append(store, drafts(mine, 2))
    await store.ledger.register([view({ inline: true }), view({ name: 'later', from: position })])
    assert.equal((await standing(other)).mode, 'following')
    assert.deepEqual(await checkpoints(other), [0])
    assert.deepEqual(await checkpoints(other, { ...carts, name: 'later' }), [position])
  },

  'one that was following stays so, though it is to be inline now': async ({ store, other }) => {
    await store.ledger.register([view()])
    await other.ledger.register([view({ inline: true })])
    assert.equal((await standing(store)).mode, 'following')
  },

  'one that is registered while the log begins misses nothing of it': async ({ store, other }) => {
    const sent = drafts(mine, 2)
    const [appended] = await Promise.all([
      other.append({ tenant, drafts: sent, inline: inlineOf(sent) }),
      store.ledger.register([view({ inline: true })]),
    ])
    const { mode, slices } = await standing(other)
    const [found] = await held(other)
    if (mode === 'inline')
      assert.deepEqual(
        found?.[1],
        appended.events.map(({ id }) => id),
      )
    else assert.deepEqual([found, slices[0]?.position], [undefined, 0])
    const foreign = await append(store, [draft(mine)])
    const [position = NaN] = await checkpoints(store)
    assert.equal((await standing(store)).mode, 'following')
    assert.ok(
      position < foreign.position && position >= (mode === 'inline' ? appended.position : 0),
    )
  },
}
