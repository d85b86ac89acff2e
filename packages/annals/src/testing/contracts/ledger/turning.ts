import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Lease, ProcessorName } from '../../../store/ledger.ts'
import type { StoredEvent } from '../../../store/store.ts'
import type { StorePromises } from '../store/scene.ts'
import { cart, draft, drafts, refused, tenant } from '../store/vocabulary.ts'
import {
  appendInline,
  catchUp,
  complete,
  everyEvent,
  held,
  inlineOf,
  pageOf,
  turn,
} from './tally.ts'
import {
  begun,
  carts,
  checkpoints,
  commit,
  parking,
  parks,
  queue,
  settles,
  standing,
  take,
  untaken,
  view,
} from './vocabulary.ts'

const mine = cart('1')

export const turningPromises: StorePromises = {
  'the rest of the log is handled in the transaction that makes a model inline': async (scene) => {
    const { store, other } = scene
    await appendInline(store, drafts(mine, 3))
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    await catchUp(store, lease)
    const { events } = await appendInline(store, [draft(mine), draft(cart('2'))])
    let given: readonly StoredEvent[] = []
    const turned = await store.ledger.turnInline(lease, everyEvent, (page) => {
      given = page
      return pageOf(page, lease)
    })
    assert.equal(turned, true)
    assert.deepEqual(given, events, 'what comes after the checkpoint')
    const { mode, slices } = await standing(other)
    assert.deepEqual([mode, slices.length, slices[0]?.owner], ['inline', 1, undefined])
    await complete(other)
    await appendInline(other, drafts(mine, 2))
    await complete(store)
  },

  'only what matches its query is handled': async ({ store }) => {
    await store.ledger.register([view()])
    await appendInline(store, [draft(mine), draft(mine, { type: 'Other' }), draft(cart('2'))])
    const query = { tenant: undefined, filters: [{ types: ['Other'] }] }
    const lease = await take(store, 'a')
    const turned = await store.ledger.turnInline(lease, query, (events) => pageOf(events))
    assert.equal(turned, true)
    const [[key, listed] = [], ...more] = await held(store)
    assert.deepEqual([key, listed?.length, more], ['1', 1, []])
  },

  'a model with nothing left becomes inline as it is': async ({ store, other }) => {
    await store.ledger.register([view()])
    await turn(store, await take(store, 'a'))
    assert.equal((await standing(other)).mode, 'inline')
    await untaken(other, 'b')
    await appendInline(other, drafts(mine, 2))
    await complete(store)
  },

  'a page may be handled later than at once': async ({ store, other }) => {
    await store.ledger.register([view()])
    await appendInline(store, drafts(mine, 3))
    const lease = await take(store, 'a')
    const turned = await store.ledger.turnInline(lease, everyEvent, async (events) => {
      await setImmediate()
      return pageOf(events)
    })
    assert.equal(turned, true)
    await complete(other)
  },

  'an append that comes while a page is handled is missed by nobody': async ({ store, other }) => {
    await store.ledger.register([view()])
    await appendInline(store, drafts(mine, 3))
    const lease = await take(store, 'a')
    const behind: Promise<unknown>[] = []
    const turned = await store.ledger.turnInline(lease, everyEvent, async (events) => {
      behind.push(appendInline(store, drafts(mine, 1)), appendInline(other, drafts(mine, 1)))
      for (let pause = 0; pause < 5; pause++) await setImmediate()
      return pageOf(events)
    })
    await Promise.all(behind)
    if (!turned) await turn(store, lease)
    await complete(other)
  },

  'what fails leaves the model following, where it was': async ({ store, other }) => {
    await store.ledger.register([view()])
    await appendInline(store, drafts(mine, 3))
    const lease = await take(store, 'a')
    const failure = new Error('the fold failed')
    const fails = [
      () => {
        throw failure
      },
      () => Promise.reject(failure),
    ]
    for (const handle of fails)
      await assert.rejects(store.ledger.turnInline(lease, everyEvent, handle), failure)
    const { mode, slices } = await standing(other)
    assert.deepEqual([mode, slices[0]?.owner], ['following', 'a'])
    assert.deepEqual(await checkpoints(other), [0])
    assert.deepEqual(await held(other), [])
    await appendInline(other, drafts(mine, 1))
    await turn(store, lease)
    await complete(other)
  },

  'what is paused, in slices, or has parked events does not become inline': async ({
    store,
    other,
  }) => {
    await appendInline(store, drafts(mine, 1))
    const lease = await begun(store)
    const turned = (of: Lease = lease) =>
      store.ledger.turnInline(of, everyEvent, (events) => pageOf(events, of))
    const halves: ProcessorName = { name: 'halves', version: '1' }
    await store.ledger.register([view({ ...halves, slices: 2 })])
    assert.equal(await turned(await take(store, 'a', halves)), false)
    await other.ledger.pause(carts, true)
    assert.equal(await turned(), false)
    await other.ledger.pause(carts, false)
    await commit(store, lease, parks(parking('1', 1)))
    assert.equal(await turned(), false)
    assert.equal((await standing(other)).mode, 'following')
    await commit(store, lease, settles({ ...queue('1'), position: 1 }))
    assert.equal(await turned(), true)
    await complete(other)
  },

  'who lost the lease makes nothing inline, nor who has gone on meanwhile': async ({
    store,
    other,
  }) => {
    await appendInline(store, drafts(mine, 1))
    const old = await begun(store)
    await store.ledger.release([old])
    const lease = await take(other, 'b')
    await refused(
      store.ledger.turnInline(old, everyEvent, () => ({})),
      'ANNALS_LEASE_LOST',
    )
    let meanwhile: Promise<unknown> = Promise.resolve()
    const turned = await other.ledger.turnInline(lease, everyEvent, async (events) => {
      // a store may let it wait until the processor is inline
      meanwhile = commit(store, lease, { ...pageOf(events), position: 1 })
      await Promise.race([meanwhile, setImmediate()])
      return pageOf(events)
    })
    const [gone] = await Promise.allSettled([meanwhile])
    assert.equal(turned, gone.status === 'rejected', 'the page is written once')
    if (!turned) await turn(other, lease)
    await complete(other)
  },

  'more than a page is left to the owner first': async ({ store, other }) => {
    await store.ledger.register([view()])
    await appendInline(store, drafts(mine, 1_500))
    const lease = await take(store, 'a')
    const handled: number[] = []
    const turned = await store.ledger.turnInline(lease, everyEvent, (events) => {
      handled.push(events.length)
      return pageOf(events)
    })
    if (!turned) assert.deepEqual([await held(other), await checkpoints(other)], [[], [0]])
    await turn(store, lease)
    await complete(other)
  },

  'tenants become inline together': async ({ store, other }) => {
    await store.ledger.register([view()])
    for (const name of ['a', tenant, '']) {
      const sent = drafts(mine, 2)
      await store.append({ tenant: name, drafts: sent, inline: inlineOf(sent, [carts], name) })
    }
    await turn(store, await take(store, 'a'))
    for (const name of ['a', tenant, '']) await complete(other, carts, name)
  },
}
