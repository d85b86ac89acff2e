import assert from 'node:assert/strict'
import type { EventStore } from '../../../store/store.ts'
import type { CallersTransaction, Scene, StorePromises } from './scene.ts'
import {
  at,
  cart,
  dense,
  draft,
  drafts,
  history,
  matching,
  read,
  refused,
  tenant,
  versions,
} from './vocabulary.ts'

const mine = cart('1')

/** Two stores on the same events, and a transaction of the caller's that is open beside them. */
interface Beside {
  readonly store: EventStore
  readonly witness: EventStore
  readonly transaction: CallersTransaction
}

/**
 * Tries a promise of stores that take the caller's transaction. There is no neighbour: its appends
 * would wait for that transaction.
 */
function beside(play: (beside: Beside) => Promise<void>): StorePromises[string] {
  return async ({ store: { can }, place, open }: Scene) => {
    if (!can.transactions) return
    assert.ok(place.begin, 'the place of a store that takes transactions says how to begin one')
    const [store, witness] = [await open(), await open()]
    await store.append({ tenant, drafts: [draft(mine)] })
    await play({ store, witness, transaction: await place.begin() })
  }
}

export const transactionPromises: StorePromises = {
  'an append in a transaction of the caller is there when that commits': beside(async (scene) => {
    const { store, witness, transaction } = scene
    const { tx } = transaction
    const { events } = await store.append({ tenant, drafts: drafts(mine, 2) }, { tx })
    assert.deepEqual(versions(events), [2, 3])
    assert.equal((await history(witness, mine)).length, 1)
    await transaction.commit()
    assert.deepEqual((await history(witness, mine)).slice(1), events)
    assert.deepEqual((await read(witness, matching({}))).slice(1), events)
  }),

  'an append in a transaction that is rolled back leaves nothing': beside(async (scene) => {
    const { store, witness, transaction } = scene
    const once = [{ stream: mine, key: 'k', fingerprint: 'f', version: 2, events: 1 }]
    const sent = { tenant, drafts: [draft(mine)], once }
    await store.append(sent, { tx: transaction.tx })
    await transaction.rollback()
    assert.equal((await history(witness, mine)).length, 1)
    assert.equal(await witness.remembered(tenant, { stream: mine, key: 'k' }), undefined)
    await witness.append(sent)
    await store.append({ tenant, drafts: [draft(mine)] })
    assert.deepEqual(versions(await history(store, mine)), dense(3))
  }),

  'a transaction sees what it has written, and nobody else does': beside(async (scene) => {
    const { store, witness, transaction } = scene
    const { tx } = transaction
    const once = [{ stream: mine, key: 'k', fingerprint: 'f', version: 2, events: 1 }]
    const { position } = await store.append({ tenant, drafts: [draft(mine)], once }, { tx })
    assert.equal((await read(store, matching({}), { tx })).length, 2)
    assert.equal((await read(store, matching(mine), { tx })).length, 2)
    assert.ok(await store.remembered(tenant, { stream: mine, key: 'k' }, { tx }))
    for (const one of [store, witness]) {
      assert.equal((await read(one, matching({}))).length, 1)
      assert.equal((await read(one, matching({}), { unsettled: true })).length, 1)
      assert.equal((await history(one, mine)).length, 1)
      assert.equal(await one.remembered(tenant, { stream: mine, key: 'k' }), undefined)
      assert.ok((await one.settled()).position < position)
    }
    await transaction.commit()
    assert.ok((await witness.settled()).position >= position)
  }),

  'a refused append leaves the transaction of the caller as it was': beside(async (scene) => {
    const { store, witness, transaction } = scene
    const { tx } = transaction
    await store.append({ tenant, drafts: [draft(mine)] }, { tx })
    const late = { tenant, drafts: [draft(cart('2')), draft(mine)], guard: at(mine, 1) }
    await refused(store.append(late, { tx }), 'ANNALS_CONFLICT')
    await store.append({ ...late, guard: at(mine, 2) }, { tx })
    await transaction.commit()
    assert.deepEqual(versions(await history(witness, mine)), dense(3))
    assert.deepEqual(versions(await history(witness, cart('2'))), dense(1))
  }),

  'no follower passes an append whose transaction is open': beside(async (scene) => {
    const { store, witness, transaction } = scene
    const { events } = await store.append({ tenant, drafts: [draft(mine)] }, { tx: transaction.tx })
    const behind = witness.append({ tenant, drafts: [draft(cart('2'))] })
    behind.catch(() => undefined) // awaited below, unless the read fails first
    const before = await read(witness, matching({}))
    await transaction.commit()
    const later = [...events, ...(await behind).events]
    const position = before.at(-1)?.position ?? 0
    const after = await read(witness, matching({}), { after: position })
    assert.deepEqual(
      after,
      later.toSorted((one, next) => one.position - next.position),
    )
  }),
}
