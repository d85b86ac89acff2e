import assert from 'node:assert/strict'
import type { Inline } from '../../../store/ledger.ts'
import type { Appended, Draft, EventStore } from '../../../store/store.ts'
import type { Scene, StorePromises } from '../store/scene.ts'
import {
  append,
  at,
  cart,
  draft,
  drafts,
  history,
  ids,
  read,
  refused,
  tenant,
} from '../store/vocabulary.ts'
import { appendInline, catchUp, complete, held, inlineOf, turn } from './tally.ts'
import { carts, checkpoints, commit, standing, take, view } from './vocabulary.ts'

const mine = cart('1')
const second = { ...carts, version: '2' }

/** Registers views, inline where the log is empty. */
function inline(store: EventStore, ...names: (typeof carts)[]): Promise<void> {
  return store.ledger.register(
    (names.length ? names : [carts]).map((name) => view({ ...name, inline: true })),
  )
}

/** Appends with a change of the test's own. */
function changing(
  store: EventStore,
  sent: readonly Draft[],
  change: (inline: Inline) => Partial<Inline>,
): Promise<Appended> {
  const made = inlineOf(sent)
  return store.append({ tenant, drafts: sent, inline: { ...made, ...change(made) } })
}

const failure = new Error('the fold failed')
const failing = () => ({
  change: () => {
    throw failure
  },
})

/** A fold of one append that fails, among others at once. */
async function amongOthers({ store, other }: Scene, fails: number): Promise<string[]> {
  const sent = Array.from({ length: 7 }, () => drafts(mine, 2))
  const calls = sent.map((events, index) =>
    index === fails
      ? changing(store, events, failing)
      : appendInline(index % 3 ? store : other, events),
  )
  const outcomes = await Promise.allSettled(calls)
  for (const [index, outcome] of outcomes.entries())
    if (index !== fails) assert.equal(outcome.status, 'fulfilled')
    else assert.ok(outcome.status === 'rejected' && outcome.reason === failure)
  return ids(sent[fails] ?? [])
}

export const inlinePromises: StorePromises = {
  'documents change in the transaction of the append': async ({ store, other }) => {
    await inline(store)
    const { events } = await appendInline(store, drafts(mine, 3))
    assert.deepEqual(await held(other), [['1', ids(events)]])
    const more = await appendInline(other, [draft(mine), draft(cart('2'), { tags: ['t', '1'] })])
    assert.deepEqual(await held(store), [
      ['1', [...ids(events), ...ids(more.events)]],
      ['2', ids(more.events.slice(1))],
      ['t', ids(more.events.slice(1))],
    ])
    await complete(other)
    assert.equal((await standing(other)).mode, 'inline')
  },

  'the change is given the events as they are recorded, and which models are inline': async (
    scene,
  ) => {
    const { store, clock } = scene
    await inline(store)
    await store.ledger.register([view({ ...second })])
    const sent = [draft(mine), draft(cart('2')), draft(mine)]
    let given: unknown[] = []
    const models = [second, carts]
    const made = inlineOf(sent, models)
    const { events } = await store.append({
      tenant,
      drafts: sent,
      inline: {
        ...made,
        change: (recorded, kept, before) => {
          given = [recorded, [...kept]]
          return made.change(recorded, kept, before)
        },
      },
    })
    assert.deepEqual(given, [events, [1]])
    assert.deepEqual(events[2]?.at, clock())
    assert.deepEqual(await held(store, second), [])
    await complete(store)
  },

  'each model has documents of its own': async ({ store, other }) => {
    const names = [carts, second, { name: 'other-carts', version: '1' }]
    await inline(store, ...names)
    for (const one of [store, other, store]) await appendInline(one, drafts(mine, 2), names)
    for (const name of names) await complete(other, name)
  },

  'an append whose change fails is refused with its error, and leaves nothing': async (scene) => {
    const { store, other } = scene
    await inline(store)
    await appendInline(store, drafts(mine, 2))
    const once = [{ stream: mine, key: 'k', fingerprint: 'f', version: 3, events: 1 }]
    const sent = [draft(mine)]
    const refusedInline = { ...inlineOf(sent), ...failing() }
    await assert.rejects(
      store.append({ tenant, drafts: sent, once, inline: refusedInline }),
      failure,
    )
    assert.equal((await history(other, mine)).length, 2)
    assert.equal(await other.remembered(tenant, { stream: mine, key: 'k' }), undefined)
    await store.append({ tenant, drafts: sent, once, inline: inlineOf(sent) })
    await complete(other)
  },

  'a change that fails refuses its own append only': async (scene) => {
    await inline(scene.store)
    for (const fails of [0, 3, 6]) {
      const lost = await amongOthers(scene, fails)
      const left = ids(await history(scene.other, mine))
      assert.ok(lost.every((id) => !left.includes(id)))
      await complete(scene.store)
    }
    assert.equal((await history(scene.store, mine)).length, 36)
  },

  'an append that is refused changes no document': async ({ store, other }) => {
    await inline(store)
    await appendInline(store, drafts(mine, 2))
    const sent = [draft(mine)]
    const guarded = { tenant, drafts: sent, guard: at(mine, 'none'), inline: inlineOf(sent) }
    await refused(store.append(guarded), 'ANNALS_CONFLICT')
    await refused(append(other, [draft(mine)], at(mine, 'none')), 'ANNALS_CONFLICT')
    await complete(store)
    assert.equal((await standing(store)).mode, 'inline', 'what wrote nothing left nothing out')
  },

  'the same append again changes no document twice': async ({ store, other }) => {
    await inline(store)
    const sent = [draft(mine), draft(cart('2'))]
    const first = await appendInline(store, sent)
    await appendInline(store, drafts(mine, 1))
    assert.deepEqual(await appendInline(other, sent), first)
    const both = await Promise.all([appendInline(store, sent), appendInline(store, sent)])
    assert.deepEqual(both, [first, first])
    const racing = drafts(mine, 2)
    await Promise.all([store, store, other].map((one) => appendInline(one, racing)))
    await complete(store)
  },

  'a once key with no event changes no document, and lets no model go': async (scene) => {
    const { store, other } = scene
    await inline(store)
    await appendInline(store, drafts(mine, 2))
    const once = { stream: mine, key: 'k', fingerprint: 'f', version: 2, events: 0 }
    await store.append({ tenant, drafts: [], once: [once], inline: inlineOf([]) })
    await other.append({ tenant, drafts: [], once: [{ ...once, key: 'l' }] })
    for (const key of ['k', 'l']) assert.ok(await other.remembered(tenant, { stream: mine, key }))
    await complete(other)
    assert.equal((await standing(other)).mode, 'inline', 'no event was left out')
  },

  'tenants have documents of their own under the same keys': async ({ store, other }) => {
    await inline(store)
    for (const name of ['a', '', 'b', 'a']) {
      const sent = drafts(mine, 2)
      await other.append({ tenant: name, drafts: sent, inline: inlineOf(sent, [carts], name) })
    }
    for (const name of ['a', '', 'b']) await complete(store, carts, name)
    assert.deepEqual(await held(store), [])
  },

  'an append that knows nothing of a model lets it follow, from just before': async (scene) => {
    const { store, other } = scene
    await inline(store, carts, second)
    const first = await appendInline(store, drafts(mine, 3), [carts, second])
    const foreign = await appendInline(other, [draft(mine)], [second])
    assert.equal((await standing(store)).mode, 'following')
    assert.equal((await standing(store, second)).mode, 'inline')
    const [position = NaN] = await checkpoints(store)
    assert.ok(position >= first.position && position < foreign.position)
    assert.deepEqual(await held(store), [['1', ids(first.events)]])
    const later = await appendInline(store, drafts(mine, 2), [carts, second])
    assert.deepEqual(await held(store), [['1', ids(first.events)]], 'it follows for everybody')
    await complete(store, second)
    const lease = await take(store, 'a')
    assert.equal(lease.position, position)
    await catchUp(store, lease)
    await complete(other)
    const [reached = NaN] = await checkpoints(store)
    assert.ok(reached >= later.position)
  },

  'an append that keeps nothing inline lets all models follow': async ({ store, other }) => {
    await inline(store, carts, second)
    await appendInline(store, drafts(mine, 2), [carts, second])
    const foreign = await append(other, [draft(mine)])
    for (const name of [carts, second]) {
      assert.equal((await standing(store, name)).mode, 'following')
      const [position = NaN] = await checkpoints(store, name)
      assert.deepEqual(
        ids(await read(store, { tenant, filters: [{}] }, { after: position })),
        ids(foreign.events),
      )
      const lease = await take(store, 'a', name)
      await turn(store, lease)
      assert.equal((await standing(other, name)).mode, 'inline')
    }
    await appendInline(other, drafts(mine, 2), [carts, second])
    for (const name of [carts, second]) await complete(store, name)
  },

  'a model that is inline has no lease, and a page of it goes nowhere': async ({
    store,
    other,
  }) => {
    await store.ledger.register([view()])
    const lease = await take(store, 'a')
    await appendInline(store, drafts(mine, 2))
    await turn(store, lease)
    const { mode, slices } = await standing(other)
    assert.deepEqual([mode, slices[0]?.owner], ['inline', undefined])
    const tending = { owner: 'a', term: 1_000, held: [lease], runs: [carts] }
    assert.equal((await store.ledger.tend(tending))[0]?.mode, 'inline')
    await refused(commit(store, lease, { position: 99 }), 'ANNALS_LEASE_LOST')
    await complete(other)
  },
}
