import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { EventStore, Position, StoredEvent } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import {
  append,
  at,
  cart,
  dense,
  draft,
  drafts,
  everything,
  ids,
  matching,
  read,
  refused,
  same,
  tenant,
  versions,
} from './vocabulary.ts'
import { begin, write, type Work } from './writers.ts'

const mine = cart('1')

/** Follows the settled events of all tenants until the writing is over and nothing is left. */
async function follow(
  store: EventStore,
  writing: Work<unknown>,
  page: number,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  const query = { tenant: undefined, filters: [{}] }
  for (;;) {
    const { over } = writing
    const fresh = await read(store, query, { after: events.at(-1)?.position ?? 0, page })
    for (const event of fresh) {
      assert.ok(event.position > (events.at(-1)?.position ?? 0), 'in the order of positions')
      events.push(event)
    }
    if (over && fresh.length === 0) return events
    await setImmediate()
  }
}

/** As long as anybody who is woken at all can take; then it fails. */
function patient(): { readonly signal: AbortSignal; readonly over: Promise<never> } {
  const signal = AbortSignal.timeout(10_000)
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('nobody was woken in 10 s')))
  })
  over.catch(() => undefined) // it matters only where somebody waits for it
  return { signal, over }
}

export const followerPromises: StorePromises = {
  'followers miss nothing, double nothing and invert nothing while 24 writers append': async (
    scene,
  ) => {
    const writing = begin(write(scene))
    const [written, ...followed] = await Promise.all([
      writing.done,
      follow(scene.store, writing, 7),
      follow(scene.other, writing, 1_000),
    ])
    for (const events of followed)
      same(
        events.filter((event) => event.tenant === tenant),
        written,
      )
    for (let stream = 0; stream < 8; stream++) {
      const events = written.filter((event) => event.stream.id === `${stream}`)
      assert.deepEqual(versions(events), dense(events.length), 'versions in the order of positions')
    }
  },

  'what a follower has passed never changes': async (scene) => {
    const writing = begin(write(scene))
    let passed: StoredEvent[] = []
    while (!writing.over) {
      const found = await everything(scene.other)
      same(found.slice(0, passed.length), passed)
      passed = found
      for (let pause = 0; pause < 5; pause++) await setImmediate()
    }
    await writing.done
    same((await everything(scene.store)).slice(0, passed.length), passed)
  },

  'the settled position never goes back, and nothing new comes at or below it': async (scene) => {
    const writing = begin(write(scene))
    const found = new Map<Position, string[]>()
    let highest = 0
    while (!writing.over) {
      const { position } = await scene.other.settled()
      assert.ok(position >= highest, `settled went back from ${highest} to ${position}`)
      highest = position
      found.set(position, ids(await read(scene.other, matching({}), { until: position })))
      for (let pause = 0; pause < 5; pause++) await setImmediate()
    }
    const written = await writing.done
    for (const [position, before] of found)
      same(before, ids(written.filter((event) => event.position <= position)))
  },

  'an append is settled once nothing else is on its way': async ({ store, other }) => {
    const empty = await store.settled()
    assert.equal(empty.position, 0)
    const { position } = await append(store, drafts(mine, 3))
    for (const one of [store, other]) assert.ok((await one.settled()).position >= position)
    assert.equal((await read(other, matching({}))).length, 3)
  },

  'the watermark is what is settled, with the last position and nobody in the way': async (
    scene,
  ) => {
    const { store, other } = scene
    const { epoch, position, head, holders } = await store.watermark()
    assert.deepEqual([position, head, holders], [0, 0, []])
    await append(store, drafts(mine, 3))
    for (const one of [store, other]) {
      const last = (await everything(one)).at(-1)?.position ?? NaN
      const found = await one.watermark()
      assert.deepEqual([found.epoch, found.head, found.holders], [epoch, last, []])
      assert.ok(found.position >= last)
    }
  },

  'a refused append holds no follower up': async ({ store, other }) => {
    await append(store, [draft(mine)])
    for (let turn = 0; turn < 20; turn++)
      await refused(append(store, [draft(mine)], at(mine, 'none')), 'ANNALS_CONFLICT')
    const { position } = await append(other, [draft(mine)])
    assert.ok((await store.settled()).position >= position)
    assert.deepEqual(versions(await read(store, matching({}))), [1, 2])
  },

  'who waits for the log to grow is woken by an append of any store, and by nothing else': async ({
    store,
    other,
  }) => {
    const { signal } = patient()
    for (const [waiting, appending] of [
      [store, store],
      [store, other],
      [other, store],
    ] as const) {
      const { position: before } = await waiting.settled()
      const woken = begin(waiting.wake(before, signal))
      const both = begin(waiting.wake(before, signal))
      for (let turn = 0; turn < 5; turn++) await waiting.settled()
      assert.equal(woken.over, false, 'nothing has come yet')
      await append(appending, drafts(mine, 2))
      for (const { done } of [woken, both]) assert.ok((await done) > before)
      const { position } = await waiting.settled()
      const late = await waiting.wake(before, signal)
      assert.ok(late > before && late <= position, 'it is there already')
    }
  },

  'a wait ends with its signal, and when its store closes': async ({ store, open }) => {
    const { position } = await append(store, [draft(mine)])
    const reason = new Error('the follower left')
    const gone = store.wake(position, AbortSignal.abort(reason))
    await assert.rejects(Promise.race([gone, patient().over]), reason)
    const waits = new AbortController()
    const left = begin(store.wake(position, waits.signal))
    await store.settled()
    waits.abort(reason)
    await assert.rejects(Promise.race([left.done, patient().over]), reason)
    const closing = await open()
    const stopped = begin(closing.wake(Number.MAX_SAFE_INTEGER, new AbortController().signal))
    await closing.settled()
    await closing.close()
    await refused(Promise.race([stopped.done, patient().over]), 'ANNALS_CLOSED')
    await refused(closing.wake(0, new AbortController().signal), 'ANNALS_CLOSED')
  },

  'each database has an epoch of its own': async ({ store, other, place, open }) => {
    const { epoch } = await store.settled()
    assert.notEqual(epoch, '')
    await append(store, [draft(mine)])
    assert.equal((await other.settled()).epoch, epoch)
    const again = await open()
    assert.equal((await again.settled()).epoch === epoch, place.shared === true)
  },
}
