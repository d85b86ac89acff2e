import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { EventStore, Position, Query, StoredEvent } from '../../../store/store.ts'
import type { Scene, StorePromises } from './scene.ts'
import {
  append,
  cart,
  draft,
  drafts,
  ids,
  matching,
  read,
  refused,
  same,
  tenant,
} from './vocabulary.ts'
import { begin, write } from './writers.ts'

const mine = cart('1')
const everyone: Query = { tenant: undefined, filters: [{}] }

/** Follows until nothing is left, and expects each step to go on, and to keep to its limit. */
async function follow(
  store: EventStore,
  query: Query,
  { after = 0, limit }: { readonly after?: Position; readonly limit?: number } = {},
): Promise<{ readonly events: readonly StoredEvent[]; readonly until: Position }> {
  const { position: settled } = await store.settled()
  const events: StoredEvent[] = []
  let until = after
  for (;;) {
    const page = await store.follow(query, { after: until, ...(limit && { limit }) })
    assert.ok(page.events.length <= (limit ?? 1_000), 'no more than asked for')
    let last = until
    for (const event of page.events) {
      assert.ok(event.position > last, 'in the order of positions, and after where it went on')
      last = event.position
      events.push(event)
    }
    assert.ok(page.until >= last, 'it says no less than what it gave')
    if (page.until === until) return { events, until }
    until = page.until
    assert.ok(until <= settled, 'it does not go past what is settled')
  }
}

/** Three thousand events of ten streams and three types, and one like no other. */
async function many({ store }: Scene): Promise<StoredEvent> {
  const rare = draft(cart('rare'), { type: 'Rare', tags: ['rare'] })
  let found: StoredEvent | undefined
  for (let turn = 0; turn < 6; turn++) {
    const sent = Array.from({ length: 500 }, (_, index) =>
      turn === 4 && index === 321
        ? rare
        : draft(cart(`${index % 10}`), { type: ['Opened', 'Added', 'Closed'][index % 3] ?? '' }),
    )
    const { events } = await append(store, sent)
    found ??= events.find(({ id }) => id === rare.id)
  }
  assert.ok(found)
  return found
}

export const followingPromises: StorePromises = {
  'a follower is given every event that matches, in the order of positions': async (scene) => {
    const { store, other } = scene
    await many(scene)
    const queries: Query[] = [
      everyone,
      matching({}),
      matching({ category: 'cart' }),
      matching(cart('3')),
      matching({ types: ['Opened', 'Rare'] }),
      matching({ tags: ['rare'] }),
      matching({ types: ['Closed'] }, cart('3'), { tags: ['rare'] }),
      { tenant: undefined, filters: [{ types: ['Closed'] }, { tags: ['rare'] }] },
      { tenant, filters: [] },
    ]
    for (const query of queries) {
      const expected = await read(store, query)
      for (const limit of [undefined, 77, 5_000])
        same((await follow(other, query, limit ? { limit } : {})).events, expected)
    }
  },

  'a page holds as much as was asked for, where it is there': async ({ store, other }) => {
    const { events } = await append(store, drafts(mine, 30))
    for (const limit of [1, 7, 30]) {
      const page = await other.follow(matching({}), { after: 0, limit })
      assert.deepEqual(page.events, events.slice(0, limit))
    }
  },

  'a query that matches nothing goes on to where the log is settled': async (scene) => {
    const { store, other } = scene
    const { position } = await many(scene)
    const queries = [
      matching({ types: ['None'] }),
      matching(cart('none')),
      matching({ tags: ['none'] }),
      { tenant: 'nobody', filters: [{}] },
      { tenant: undefined, filters: [{ types: ['None'] }] },
    ]
    const settled = await store.settled()
    for (const query of queries) {
      const { events, until } = await follow(other, query)
      assert.deepEqual([events, until], [[], settled.position], JSON.stringify(query))
      assert.ok(until > position)
    }
  },

  'a query that matches one event in many finds it': async (scene) => {
    const rare = await many(scene)
    const { position } = await scene.store.settled()
    for (const filter of [{ types: ['Rare'] }, cart('rare'), { tags: ['rare'] }])
      for (const limit of [1, 1_000]) {
        const { events, until } = await follow(scene.other, matching(filter), { limit })
        assert.deepEqual(events, [rare])
        assert.equal(until, position)
      }
  },

  'where nothing has come there is nothing, and no way on': async ({ store, other }) => {
    assert.deepEqual(await store.follow(everyone, { after: 0 }), { events: [], until: 0 })
    await append(store, drafts(mine, 3))
    const { position } = await other.settled()
    assert.deepEqual(await other.follow(everyone, { after: position }), {
      events: [],
      until: position,
    })
    const ahead = position + 1_000
    assert.deepEqual(await other.follow(everyone, { after: ahead }), { events: [], until: ahead })
  },

  'who goes on from a position misses nothing after it': async ({ store, other }) => {
    const { events } = await append(store, drafts(mine, 20))
    for (const [index, { position }] of events.entries())
      assert.deepEqual(
        (await follow(other, matching({}), { after: position, limit: 3 })).events,
        events.slice(index + 1),
      )
  },

  'large events come in smaller pages, all of them': async ({ store, other }) => {
    const data = JSON.stringify('x'.repeat(2_000_000))
    const sent = Array.from({ length: 12 }, () => draft(mine, { data }))
    for (const event of sent) await append(store, [event])
    const { events } = await follow(other, matching({}))
    assert.deepEqual(ids(events), ids(sent))
    assert.ok(events.every((event) => event.data === data))
  },

  'following misses nothing, doubles nothing and inverts nothing while 24 writers append': async (
    scene,
  ) => {
    const writing = begin(write(scene))
    const one = async (store: EventStore, query: Query, limit: number) => {
      const events: StoredEvent[] = []
      for (let after = 0; ;) {
        const { over } = writing
        const page = await store.follow(query, { after, limit })
        const { position } = await store.settled()
        assert.ok(page.until <= position, 'nothing that is not settled')
        events.push(...page.events)
        if (over && page.until === after) return events
        after = page.until
        await setImmediate()
      }
    }
    const [written, all, pages, some] = await Promise.all([
      writing.done,
      one(scene.store, everyone, 1_000),
      one(scene.other, matching({}), 7),
      one(scene.other, matching(cart('3')), 50),
    ])
    same(
      all.filter((event) => event.tenant === tenant),
      written,
    )
    same(pages, written)
    same(
      some,
      written.filter(({ stream }) => stream.id === '3'),
    )
  },

  'an option of a follower that cannot work is refused': async ({ store }) => {
    for (const options of [
      { after: -1 },
      { after: NaN },
      { after: 0.5 },
      { after: 0, limit: 0 },
      { after: 0, limit: 1.5 },
      { after: 0, limit: -1 },
    ])
      await refused(store.follow(everyone, options), 'ANNALS_OPTION')
  },

  'a follower of another history is refused': async ({ store }) => {
    const { events, position } = await append(store, [draft(mine)])
    const { epoch } = await store.settled()
    same((await store.follow(matching({}), { after: 0, epoch })).events, events)
    for (const after of [0, position])
      await refused(store.follow(everyone, { after, epoch: `not ${epoch}` }), 'ANNALS_EPOCH')
  },

  'a follower that is aborted is told the reason of its signal': async ({ store }) => {
    await append(store, [draft(mine)])
    const reason = new Error('the follower left')
    const signal = AbortSignal.abort(reason)
    await assert.rejects(store.follow(everyone, { after: 0, signal }), reason)
  },
}
