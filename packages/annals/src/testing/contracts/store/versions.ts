import assert from 'node:assert/strict'
import type { StorePromises } from './scene.ts'
import {
  append,
  at,
  cart,
  dense,
  draft,
  drafts,
  history,
  ids,
  refused,
  rounds,
  versions,
  winners,
} from './vocabulary.ts'

const mine = cart('1')

export const versionPromises: StorePromises = {
  'a stream has the versions 1, 2, 3 … whatever comes between': async ({ store, other }) => {
    await rounds(10, async () => {
      await append(store, [draft(mine), draft(cart('2'))])
      await append(other, drafts(cart('2'), 3))
      await append(other, [draft(mine)])
    })
    assert.deepEqual(versions(await history(store, mine)), dense(20))
    assert.deepEqual(versions(await history(other, cart('2'))), dense(40))
  },

  'an append gives back its events as they are read later': async ({ store, other }) => {
    const sent = drafts(mine, 3)
    await append(store, drafts(mine, 2))
    const { events, position } = await append(store, sent)
    assert.deepEqual(ids(events), ids(sent))
    assert.equal(position, events[2]?.position)
    assert.deepEqual((await history(other, mine)).slice(2), events)
  },

  'a guard of none lets the first append in and refuses a second one': async ({ store, other }) => {
    await append(store, [draft(mine)], at(mine, 'none'))
    await refused(append(other, [draft(mine)], at(mine, 'none')), 'ANNALS_CONFLICT')
    assert.equal((await history(store, mine)).length, 1)
  },

  'a guard of some wants a stream with an event': async ({ store, other }) => {
    await refused(append(store, [draft(mine)], at(mine, 'some')), 'ANNALS_CONFLICT')
    assert.deepEqual(await history(store, mine), [])
    await append(store, [draft(mine)])
    await append(other, [draft(mine)], at(mine, 'some'))
    assert.equal((await history(store, mine)).length, 2)
  },

  'a guard of a version lets an append in at that version only': async ({ store, other }) => {
    await append(store, drafts(mine, 2), at(mine, 0))
    await refused(append(other, [draft(mine)], at(mine, 0)), 'ANNALS_CONFLICT')
    await refused(append(other, [draft(mine)], at(mine, 1)), 'ANNALS_CONFLICT')
    await append(other, [draft(mine)], at(mine, 2))
    assert.deepEqual(versions(await history(store, mine)), dense(3))
  },

  'a version that is ahead conflicts and leaves no hole': async ({ store, other }) => {
    await append(store, [draft(mine)])
    await refused(append(other, [draft(mine)], at(mine, 2)), 'ANNALS_CONFLICT')
    await refused(append(other, [draft(cart('2'))], at(cart('2'), 1)), 'ANNALS_CONFLICT')
    await append(store, [draft(mine)], at(mine, 1))
    await append(store, [draft(cart('2'))])
    assert.deepEqual(versions(await history(other, mine)), dense(2))
    assert.deepEqual(versions(await history(other, cart('2'))), dense(1))
  },

  'a guard that is no version is refused, and so is an append of nothing': async ({ store }) => {
    for (const version of [-1, 0.5, Number.NaN, Infinity, 2 ** 53])
      await refused(append(store, [draft(mine)], at(mine, version)), 'ANNALS_OPTION')
    await refused(append(store, []), 'ANNALS_OPTION')
    assert.deepEqual(await history(store, mine), [])
  },

  'of six racers to create a stream one wins, in 1,000 rounds': async ({ store, other }) => {
    await rounds(1_000, async (round) => {
      const stream = cart(`${round}`)
      const racers = [store, other, store, other, store, other]
      const won = await winners(
        racers.map((one) => append(one, [draft(stream)], at(stream, 'none'))),
      )
      assert.equal(won.length, 1, `round ${round}`)
      assert.deepEqual(await history(store, stream), won[0]?.events)
    })
  },

  'of six racers at one version one wins, in 200 rounds': async ({ store, other }) => {
    await rounds(200, async (round) => {
      const racers = [store, other, store, other, store, other]
      const guard = at(mine, round - 1)
      const won = await winners(racers.map((one) => append(one, [draft(mine)], guard)))
      assert.equal(won.length, 1, `round ${round}`)
    })
    assert.deepEqual(versions(await history(store, mine)), dense(200))
  },

  'fifty writers without a guard all get in, and leave no hole': async ({ store, other }) => {
    const writers = Array.from({ length: 50 }, async (_, writer) => {
      const sent = Array.from({ length: 4 }, () => draft(mine))
      for (const event of sent) await append(writer % 2 ? store : other, [event])
      return sent
    })
    const sent = (await Promise.all(writers)).flat()
    const events = await history(store, mine)
    assert.deepEqual(versions(events), dense(200))
    assert.deepEqual(ids(events).toSorted(), ids(sent).toSorted())
  },
}
