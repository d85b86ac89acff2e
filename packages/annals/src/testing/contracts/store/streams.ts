import assert from 'node:assert/strict'
import type { StorePromises } from './scene.ts'
import {
  append,
  at,
  cart,
  dense,
  draft,
  drafts,
  everything,
  history,
  ids,
  refused,
  rounds,
  versions,
  winners,
} from './vocabulary.ts'

const one = cart('1')
const two = cart('2')
const three = cart('3')

/** A guard of several streams. */
function all(...guards: ReturnType<typeof at>[]) {
  return { streams: guards.flatMap(({ streams = [] }) => streams) }
}

export const streamsPromises: StorePromises = {
  'an append over several streams keeps the order of its events': async ({ store, other }) => {
    const sent = [draft(one), draft(two), draft(one), draft(three), draft(two)]
    const { events } = await append(store, sent)
    assert.deepEqual(ids(events), ids(sent))
    assert.deepEqual(versions(events), [1, 1, 2, 1, 2])
    const found = (await everything(other)).filter(({ tenant }) => tenant === 'acme')
    assert.deepEqual(found, events)
  },

  'a broken guard of one stream keeps the events of all out': async ({ store, other }) => {
    await append(store, [draft(two)])
    const sent = [draft(one), draft(two), draft(three)]
    const guard = all(at(one, 'none'), at(two, 'none'), at(three, 'none'))
    await refused(append(other, sent, guard), 'ANNALS_CONFLICT')
    assert.deepEqual(await history(store, one), [])
    assert.deepEqual(await history(store, three), [])
    assert.equal((await history(store, two)).length, 1)
  },

  'a stream that is only checked stops an append once it has moved': async ({ store, other }) => {
    await append(store, [draft(two)])
    await append(store, [draft(one)], at(two, 1))
    await append(other, [draft(two)])
    await refused(append(store, [draft(one)], at(two, 1)), 'ANNALS_CONFLICT')
    await refused(append(store, [draft(one)], at(two, 'none')), 'ANNALS_CONFLICT')
    await refused(append(store, [draft(one)], at(three, 'some')), 'ANNALS_CONFLICT')
    assert.equal((await history(store, one)).length, 1)
    assert.equal((await history(store, two)).length, 2)
    assert.deepEqual(await history(store, three), [])
  },

  'appends over the same streams in opposite orders all finish': async ({ store, other }) => {
    await rounds(20, async () => {
      const there = Array.from({ length: 5 }, () => append(store, [draft(one), draft(two)]))
      const back = Array.from({ length: 5 }, () => append(other, [draft(two), draft(one)]))
      await Promise.all([...there, ...back])
    })
    assert.deepEqual(versions(await history(store, one)), dense(200))
    assert.deepEqual(versions(await history(store, two)), dense(200))
  },

  'racers over several streams win whole or not at all': async ({ store, other }) => {
    await rounds(50, async (round) => {
      const [left, right] = [cart(`left ${round}`), cart(`right ${round}`)]
      const guard = all(at(right, 'none'), at(left, 'none'))
      const won = await winners([
        append(store, [draft(left), draft(right)], guard),
        append(other, [draft(right), draft(left)], guard),
        append(store, drafts(left, 2), at(left, 'none')),
        append(other, drafts(right, 2), at(right, 'none')),
      ])
      const events = [...(await history(store, left)), ...(await history(store, right))]
      assert.deepEqual(ids(events).toSorted(), ids(won.flatMap((done) => done.events)).toSorted())
      assert.ok(won.length > 0, `round ${round}`)
      assert.ok(events.length <= 4 && versions(events).every((version) => version <= 2))
    })
  },
}
