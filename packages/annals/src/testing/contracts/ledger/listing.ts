import assert from 'node:assert/strict'
import type { ParkedName } from '../../../store/ledger.ts'
import type { StorePromises } from '../store/scene.ts'
import {
  begun,
  carts,
  commit,
  due,
  longest,
  named,
  parking,
  parks,
  positions,
  queue,
  settles,
  take,
  view,
  waiting,
} from './vocabulary.ts'

export const listingPromises: StorePromises = {
  'parked events are listed in the order of their positions': async ({ store, other }) => {
    await store.ledger.register([view(), view({ version: '2' }), view({ name: 'other' })])
    const names = [carts, { ...carts, version: '2' }, { ...carts, name: 'other' }]
    for (const [index, name] of names.entries()) {
      const lease = await take(store, 'a', name)
      for (const position of [40, 10])
        await commit(
          store,
          lease,
          parks(parking('b', position + index), parking('c', position + index + 5)),
        )
    }
    const list = async (query: Partial<Parameters<typeof store.ledger.parked>[0]>) =>
      positions(await other.ledger.parked({ limit: 100, ...query }))
    assert.deepEqual(await list({}), [10, 11, 12, 15, 16, 17, 40, 41, 42, 45, 46, 47])
    assert.deepEqual(await list({ limit: 3 }), [10, 11, 12])
    const all = await other.ledger.parked({ limit: 100 })
    const from = (position: number): ParkedName => {
      const found = all.find((event) => event.position === position)
      assert.ok(found)
      return found
    }
    assert.deepEqual(await list({ after: from(12), limit: 2 }), [15, 16])
    assert.deepEqual(await list({ processor: names[1] ?? carts }), [11, 16, 41, 46])
    assert.deepEqual(await list({ processor: names[2] ?? carts, after: from(12) }), [17, 42, 47])
    assert.deepEqual(await list({ processor: carts, queue: queue('c') }), [15, 45])
    assert.deepEqual(await list({ processor: carts, queue: queue('c'), after: from(15) }), [45])
    assert.deepEqual(await list({ processor: carts, queue: queue('b'), limit: 1 }), [10])
    assert.deepEqual(await list({ queue: queue('b'), limit: 4 }), [10, 11, 12, 40])
    assert.deepEqual(await list({ processor: { ...carts, version: '3' } }), [])
    assert.deepEqual(await list({ limit: 0 }), [])
  },

  'pages of parked events that are at one position leave none out': async ({ store, other }) => {
    await store.ledger.register([view(), view({ name: 'other' })])
    for (const name of [carts, { ...carts, name: 'other' }]) {
      const lease = await take(store, 'a', name)
      await commit(store, lease, parks(parking('b', 7), parking('c', 7), parking('d', 8)))
    }
    const all = await other.ledger.parked({ limit: 100 })
    assert.equal(all.length, 6)
    const paged: ParkedName[] = []
    let after: ParkedName | undefined
    // once more than there is to be found, or a list without end would never fail
    for (let turn = 0; turn <= all.length; turn++) {
      const page = await other.ledger.parked({ ...(after && { after }), limit: 1 })
      paged.push(...page)
      after = page.at(-1) ?? after
    }
    assert.deepEqual(paged, all)
  },

  'a request is noted for what is parked, and for nothing else': async ({ store, other }) => {
    const lease = await begun(store)
    await commit(store, lease, parks(parking('b', 3)))
    const wrong: ParkedName[] = [
      named('b', 4),
      named('c', 3),
      { ...named('b', 3), version: '2' },
      { ...named('b', 3), name: 'cart' },
      { ...named('b', 3), tenant: 'other' },
    ]
    for (const name of wrong) assert.equal(await other.ledger.request(name, 'retry'), false)
    assert.deepEqual(await due(store, lease), [])
    assert.equal(await other.ledger.request(named('b', 3), 'retry'), true)
    assert.equal(await other.ledger.request(named('b', 3), 'discard'), true)
    const [found] = await store.ledger.due(lease, 1)
    assert.equal(found?.request, 'discard', 'the last one counts')
    await commit(store, lease, settles(named('b', 3)))
    assert.equal(await other.ledger.request(named('b', 3), 'retry'), false)
  },

  'queues of one name are apart, by tenant and by processor': async ({ store, other }) => {
    const lease = await begun(store)
    await store.ledger.register([view({ version: '2' })])
    const second = await take(store, 'a', { ...carts, version: '2' })
    const theirs = { tenant: 'other', queue: 'b' }
    await commit(store, lease, parks(parking('b', 3), parking(theirs, 3), waiting(theirs, 4)))
    await commit(store, second, parks(parking('b', 3), waiting('b', 4)))
    const done = await commit(store, lease, settles({ ...queue('b'), position: 3 }))
    assert.deepEqual(done.next, [], 'what another tenant has parked is no part of it')
    assert.deepEqual(await due(store, lease), [])
    assert.deepEqual(await due(store, second), [])
    const list = await other.ledger.parked({ processor: carts, queue: theirs, limit: 10 })
    assert.deepEqual(positions(list), [3, 4])
    assert.equal((await other.ledger.parked({ processor: second, limit: 10 })).length, 2)
    assert.deepEqual(await other.ledger.queues(lease), [theirs])
  },

  'what is parked is found by any name of a queue': async ({ store, other }) => {
    const lease = await begun(store)
    const long = longest()
    const names = ['__proto__', ' ', 'a', 'A', 'a ', `'; drop table parked; --`, '🦊', '%', long]
    const list = [...names, `${long.slice(0, -1)}!`]
      .flatMap((name) => [queue(name), { tenant: name, queue: name }, { tenant: name, queue: 'b' }])
      .map((name, index) => parking(name, index + 1))
    await commit(store, lease, parks(...list))
    for (const { tenant, queue: name, position } of list) {
      const of = { tenant, queue: name }
      const found = await other.ledger.parked({ processor: carts, queue: of, limit: 10 })
      assert.deepEqual(
        found.map((one) => [one.tenant, one.queue, one.position]),
        [[tenant, name, position]],
      )
      assert.equal(await other.ledger.request({ ...carts, ...of, position }, 'retry'), true)
    }
    assert.deepEqual(await due(store, lease), positions(list))
    await commit(store, lease, settles(...list))
    assert.deepEqual(await other.ledger.queues(lease), [])
  },
}
