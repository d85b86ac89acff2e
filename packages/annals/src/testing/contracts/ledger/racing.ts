import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Appended } from '../../../store/store.ts'
import type { Scene, StorePromises } from '../store/scene.ts'
import { append, at, cart, draft, drafts, rounds, winners } from '../store/vocabulary.ts'
import { appendInline, complete, held, inlineOf, turn } from './tally.ts'
import { carts, standing, take, view } from './vocabulary.ts'

const mine = cart('1')
const second = { ...carts, version: '2' }

/** Fifty at once, from two stores in turn. */
function fifty(
  { store, other }: Scene,
  step: (one: Scene['store'], index: number) => Promise<Appended>,
): Promise<Appended[]> {
  return Promise.all(
    Array.from({ length: 50 }, (_, index) => step(index % 2 ? store : other, index)),
  )
}

async function inlined({ store }: Scene): Promise<void> {
  await store.ledger.register([view({ inline: true })])
}

/** Writers that go on, all of them keeping the tally inline, until they have appended so often each. */
async function write({ store, other }: Scene, count: number): Promise<void> {
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let round = 0; round < count; round++) {
      for (let pause = (writer * 7 + round * 5) % 4; pause > 0; pause--) await setImmediate()
      const sent = [
        draft(cart(`${(writer + round) % 5}`), { tags: ['all'] }),
        draft(cart(`w${writer}`)),
      ]
      await appendInline(writer % 2 ? store : other, sent)
    }
  })
  await Promise.all(writers)
}

export const racingPromises: StorePromises = {
  'fifty appends at once to one document lose no change': async (scene) => {
    await inlined(scene)
    await appendInline(scene.store, drafts(mine, 1))
    await fifty(scene, (one) => appendInline(one, drafts(mine, 2)))
    assert.equal((await held(scene.other))[0]?.[1].length, 101)
    await complete(scene.store)
  },

  'fifty appends at once to a document that is new lose no change': async (scene) => {
    await inlined(scene)
    await fifty(scene, (one, index) =>
      appendInline(one, [draft(cart(`${index}`), { tags: ['t'] })]),
    )
    assert.equal((await held(scene.other)).length, 51)
    await complete(scene.store)
  },

  'appends to the same documents in another order wait for each other at most': async (scene) => {
    await inlined(scene)
    const tags = ['a', 'b', 'c', 'd']
    await fifty(scene, (one, index) =>
      appendInline(one, [
        draft(cart(`${index % 3}`), { tags: index % 4 < 2 ? tags : tags.toReversed() }),
        draft(cart(`${(index + 1) % 3}`)),
      ]),
    )
    await complete(scene.store)
  },

  'an append that loses a race changes no document': async (scene) => {
    const { store, other } = scene
    await inlined(scene)
    await rounds(20, async (round) => {
      const won = await winners(
        [store, other, store, other].map((one) => {
          const sent = [draft(mine)]
          const guard = at(mine, round - 1)
          return one.append({ tenant: 'acme', drafts: sent, guard, inline: inlineOf(sent) })
        }),
      )
      assert.equal(won.length, 1)
    })
    await complete(store)
  },

  'a model becomes inline while two stores append, and misses nothing': async (scene) => {
    const { store, other } = scene
    await store.ledger.register([view()])
    await appendInline(store, drafts(mine, 40))
    const lease = await take(store, 'a')
    await Promise.all([write(scene, 12), turn(store, lease)])
    assert.equal((await standing(other)).mode, 'inline')
    await write(scene, 2)
    await complete(other)
  },

  'a model that is let go and taken back while stores append misses nothing': async (scene) => {
    const { store, other } = scene
    await inlined(scene)
    const turning = rounds(4, async (round) => {
      await append(other, drafts(mine, 1))
      const lease = await take(store, `a${round}`)
      await turn(store, lease)
    })
    await Promise.all([write(scene, 20), turning])
    assert.equal((await standing(other)).mode, 'inline')
    await complete(store)
  },

  'processes that know different models leave each of them whole': async (scene) => {
    const { store, other } = scene
    const all = [carts, second]
    await store.ledger.register(all.map((name) => view({ ...name, inline: true })))
    await fifty(scene, (one, index) =>
      appendInline(one, drafts(cart(`${index % 4}`), 1), index === 20 ? [second] : all),
    )
    assert.equal((await standing(store)).mode, 'following')
    assert.equal((await standing(store, second)).mode, 'inline')
    await complete(other, second)
    await turn(other, await take(other, 'a'))
    await complete(store)
  },
}
