import assert from 'node:assert/strict'
import type { Appended, EventStore } from '../../../store/store.ts'
import type { CallersTransaction, Scene, StorePromises } from '../store/scene.ts'
import { at, cart, draft, drafts, history, ids, refused, tenant } from '../store/vocabulary.ts'
import { appendInline, catchUp, complete, held, inlineOf } from './tally.ts'
import { carts, key, standing, take, view } from './vocabulary.ts'

const mine = cart('1')

/** Two stores with an inline tally of two events, and a transaction of the caller's that is open beside them. */
interface Beside {
  readonly store: EventStore
  readonly witness: EventStore
  readonly first: Appended
  readonly transaction: CallersTransaction
  readonly tx: never
}

function beside(play: (beside: Beside) => Promise<void>): StorePromises[string] {
  return async ({ store, other: witness, place }: Scene) => {
    if (!store.can.transactions) return
    assert.ok(place.begin, 'the place of a store that takes transactions says how to begin one')
    await store.ledger.register([view({ inline: true })])
    const first = await appendInline(store, drafts(mine, 2))
    await witness.settled() // so that it need not open while the transaction is there
    const transaction = await place.begin()
    await play({ store, witness, first, transaction, tx: transaction.tx })
  }
}

function within({ store, tx }: Beside, sent = [draft(mine)]): Promise<Appended> {
  return store.append({ tenant, drafts: sent, inline: inlineOf(sent) }, { tx })
}

const selection = {
  tenant,
  where: { all: [] },
  order: [{ field: 'key', descending: false }],
  limit: 10,
} as const

export const joiningPromises: StorePromises = {
  'an append in a transaction of the caller changes documents in it': beside(async (scene) => {
    const { store, witness, tx, transaction } = scene
    await within(scene)
    await within(scene, [draft(mine), draft(cart('2'))])
    const found = await store.documents.find(carts, key('1'), { tx })
    assert.equal((JSON.parse(found?.state ?? '[]') as unknown[]).length, 4)
    assert.equal((await store.documents.select(carts, selection, { tx })).length, 2)
    assert.equal(await store.documents.count(carts, selection, { tx }), 2)
    await transaction.commit()
    await complete(witness)
    await appendInline(witness, drafts(mine, 1))
    await complete(store)
  }),

  'nobody else sees a document before the transaction of its append commits': beside(
    async (scene) => {
      const { store, witness, first, transaction } = scene
      await within(scene)
      for (const one of [store, witness])
        assert.deepEqual(await held(one), [['1', ids(first.events)]])
      assert.equal(await witness.documents.count(carts, selection), 1)
      await transaction.commit()
      await complete(witness)
    },
  ),

  'a transaction that is rolled back takes its documents back': beside(async (scene) => {
    const { store, witness, transaction } = scene
    await within(scene, [draft(mine), draft(cart('2'))])
    await transaction.rollback()
    await complete(witness)
    await appendInline(store, drafts(mine, 1))
    await complete(witness)
  }),

  'an append that fails leaves the documents of the transaction as they were': beside(
    async (scene) => {
      const { store, witness, tx, transaction } = scene
      await within(scene)
      const failure = new Error('the fold failed')
      const sent = [draft(mine), draft(cart('2'))]
      const change = () => {
        throw failure
      }
      const failing = { tenant, drafts: sent, inline: { ...inlineOf(sent), change } }
      await assert.rejects(store.append(failing, { tx }), failure)
      const late = { tenant, drafts: sent, inline: inlineOf(sent), guard: at(mine, 1) }
      await refused(store.append(late, { tx }), 'ANNALS_CONFLICT')
      await within(scene, sent)
      await transaction.commit()
      assert.equal((await history(witness, mine)).length, 4)
      await complete(witness)
    },
  ),

  'a model that a transaction lets go follows when that commits': beside(async (scene) => {
    const { store, witness, first, tx, transaction } = scene
    const foreign = await store.append({ tenant, drafts: [draft(mine)] }, { tx })
    await within(scene)
    await transaction.commit()
    assert.equal((await standing(witness)).mode, 'following')
    const lease = await take(witness, 'a')
    assert.ok(lease.position >= first.position && lease.position < foreign.position)
    await catchUp(witness, lease)
    await complete(store)
  }),

  'a model that a transaction lets go is inline still when that is rolled back': beside(
    async (scene) => {
      const { store, witness, tx, transaction } = scene
      await store.append({ tenant, drafts: [draft(mine)] }, { tx })
      await transaction.rollback()
      assert.equal((await standing(witness)).mode, 'inline')
      await appendInline(witness, drafts(mine, 1))
      await complete(store)
    },
  ),
}
