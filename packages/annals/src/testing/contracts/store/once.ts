import assert from 'node:assert/strict'
import type { EventStore, Once } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import {
  append,
  at,
  cart,
  draft,
  drafts,
  history,
  ids,
  refused,
  rounds,
  tenant,
  winners,
} from './vocabulary.ts'

const mine = cart('1')

/** A key of a stream, as a request of one event at the start of the stream leaves it. */
function key(change: Partial<Once> = {}): Once {
  return {
    stream: mine,
    key: 'request-1',
    fingerprint: 'deposit 10',
    version: 1,
    events: 1,
    ...change,
  }
}

function request(store: EventStore, once: readonly Once[], events = [draft(mine)]) {
  return store.append({ tenant, drafts: events, once })
}

export const oncePromises: StorePromises = {
  'a key is remembered with its append': async ({ store, other }) => {
    assert.equal(await store.remembered(tenant, key()), undefined)
    await append(store, drafts(mine, 2))
    const once = key({ version: 5, events: 3 })
    const { position } = await request(store, [once], drafts(mine, 3))
    await append(store, drafts(mine, 2))
    const expected = { fingerprint: 'deposit 10', version: 5, events: 3, position }
    for (const one of [store, other])
      assert.deepEqual(await one.remembered(tenant, { stream: mine, key: 'request-1' }), expected)
  },

  'the same request again conflicts, and another one under its key is a mistake': async (scene) => {
    const { store, other } = scene
    await request(store, [key()])
    await refused(request(other, [key()]), 'ANNALS_CONFLICT')
    await refused(request(other, [key({ fingerprint: 'deposit 11' })]), 'ANNALS_ONCE_MISMATCH')
    assert.equal((await history(store, mine)).length, 1)
    assert.equal((await store.remembered(tenant, key()))?.fingerprint, 'deposit 10')
  },

  'of six racers with one key one has its effect': async ({ store, other }) => {
    await rounds(50, async (round) => {
      const once = [key({ key: `request-${round}` })]
      const racers = [store, other, store, other, store, other]
      const won = await winners(racers.map((one) => request(one, once)))
      assert.equal(won.length, 1, `round ${round}`)
    })
    assert.equal((await history(store, mine)).length, 50)
  },

  'a key counts for one stream of one tenant': async ({ store, other }) => {
    await request(store, [key()])
    const elsewhere = [
      cart('2'),
      { category: 'basket', id: '1' },
      { category: 'car', id: 't1' },
      { category: 'cart', id: '1request-1' },
    ]
    for (const stream of elsewhere) {
      assert.equal(await other.remembered(tenant, { stream, key: 'request-1' }), undefined)
      await request(other, [key({ stream, fingerprint: 'other' })], [draft(stream)])
    }
    assert.equal(await other.remembered('other', key()), undefined)
    const once = [key({ fingerprint: 'other' })]
    await other.append({ tenant: 'other', drafts: [draft(mine)], once })
    assert.equal((await store.remembered(tenant, key()))?.fingerprint, 'deposit 10')
    assert.equal((await store.remembered('other', key()))?.fingerprint, 'other')
  },

  'a key may be remembered with no event': async ({ store, other }) => {
    await append(store, [draft(mine)])
    const settled = await store.settled()
    const once = key({ version: 1, events: 0 })
    const { events, position } = await request(store, [once], [])
    assert.deepEqual(events, [])
    assert.ok(position >= settled.position)
    const found = await other.remembered(tenant, key())
    assert.deepEqual(found, { fingerprint: 'deposit 10', version: 1, events: 0, position })
    await refused(request(other, [once], []), 'ANNALS_CONFLICT')
    assert.equal((await history(store, mine)).length, 1)
  },

  'a key with no event still asks its guard': async ({ store }) => {
    const guard = at(mine, 'some')
    const once = [key({ version: 0, events: 0 })]
    await refused(store.append({ tenant, drafts: [], once, guard }), 'ANNALS_CONFLICT')
    assert.equal(await store.remembered(tenant, key()), undefined)
  },

  'an append may carry keys of several streams, all or none': async ({ store, other }) => {
    const keys = [key(), key({ stream: cart('2'), key: 'request-2' })]
    await request(store, keys, [draft(mine), draft(cart('2'))])
    for (const once of keys)
      assert.equal((await other.remembered(tenant, once))?.fingerprint, 'deposit 10')
    const more = [key({ stream: cart('3') }), key()]
    await refused(request(other, more, [draft(cart('3'))]), 'ANNALS_CONFLICT')
    assert.equal(await store.remembered(tenant, key({ stream: cart('3') })), undefined)
    assert.deepEqual(await history(store, cart('3')), [])
  },

  'an append that is refused leaves its key free': async ({ store, other }) => {
    const guard = at(mine, 'some')
    const refusedOnce = { tenant, drafts: [draft(mine)], once: [key()], guard }
    await refused(store.append(refusedOnce), 'ANNALS_CONFLICT')
    assert.equal(await other.remembered(tenant, key()), undefined)
    await request(other, [key({ fingerprint: 'another' })])
    assert.equal((await store.remembered(tenant, key()))?.fingerprint, 'another')
  },

  'the ids of an append are asked before its key, and its key before its guard': async (scene) => {
    const { store, other } = scene
    const sent = { tenant, drafts: [draft(mine)], once: [key()], guard: at(mine, 'none') }
    const first = await store.append(sent)
    assert.deepEqual(await other.append(sent), first)
    const reused = { ...sent, drafts: sent.drafts.map((event) => ({ ...event, data: '{}' })) }
    await refused(other.append(reused), 'ANNALS_ID_REUSED')
    const mistaken = { ...sent, drafts: [draft(mine)], once: [key({ fingerprint: 'other' })] }
    await refused(other.append(mistaken), 'ANNALS_ONCE_MISMATCH')
    assert.deepEqual(ids(await history(store, mine)), ids(sent.drafts))
  },

  'a key is forgotten when its time is over, and not before': async ({ store, other, clock }) => {
    await request(store, [key()])
    clock.advance('47h')
    assert.notEqual(await other.remembered(tenant, key()), undefined)
    await refused(request(other, [key()]), 'ANNALS_CONFLICT')
    clock.advance('2h')
    assert.equal(await other.remembered(tenant, key()), undefined)
    await request(other, [key({ fingerprint: 'another' })])
    assert.equal((await store.remembered(tenant, key()))?.fingerprint, 'another')
    assert.equal((await history(store, mine)).length, 2)
  },

  'a key of any text is kept apart': async ({ store, other }) => {
    const keys = [
      '__proto__',
      'constructor',
      ' ',
      'a',
      'A',
      'a ',
      `'; drop table once; --`,
      '🦊',
      '%',
    ]
    for (const text of keys) {
      const once = key({ key: text, fingerprint: text })
      await request(store, [once])
      assert.equal((await other.remembered(tenant, once))?.fingerprint, text)
    }
    for (const text of keys)
      assert.equal((await other.remembered(tenant, key({ key: text })))?.fingerprint, text)
    await refused(request(store, [key({ key: 'a\0' })]), 'ANNALS_OPTION')
    await refused(request(store, [key({ key: 'x'.repeat(1_001) })]), 'ANNALS_TOO_LARGE')
  },
}
