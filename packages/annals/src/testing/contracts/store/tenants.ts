import assert from 'node:assert/strict'
import type { StorePromises } from './scene.ts'
import { cart, draft, drafts, everything, ids, read, refused, versions } from './vocabulary.ts'

const mine = cart('1')

export const tenantPromises: StorePromises = {
  'each tenant has streams of its own under the same names': async ({ store, other }) => {
    for (const tenant of ['a', 'b', '']) await store.append({ tenant, drafts: drafts(mine, 2) })
    for (const tenant of ['a', 'b', '']) {
      const events = await read(other, { tenant, filters: [mine] })
      assert.deepEqual(versions(events), [1, 2])
      assert.ok(events.every((event) => event.tenant === tenant))
    }
  },

  'no tenant is a tenant of its own, and sees no other': async ({ store, other }) => {
    await store.append({ tenant: 'a', drafts: [draft(mine)] })
    assert.deepEqual(await read(other, { tenant: '', filters: [{}] }), [])
    const { events } = await store.append({ tenant: '', drafts: [draft(mine)] })
    assert.deepEqual(await read(other, { tenant: '', filters: [{}] }), events)
  },

  'a query without a tenant reads across all of them': async ({ store, other }) => {
    const sent = ['a', 'b', ''].map((tenant) => ({ tenant, drafts: [draft(mine)] }))
    for (const append of sent) await store.append(append)
    const found = ids(await everything(other))
    for (const { drafts: events } of sent) assert.ok(ids(events).every((id) => found.includes(id)))
    assert.equal(found.length, 6, 'three events, and three of the neighbour')
  },

  'a guard looks at the streams of its own tenant only': async ({ store, other }) => {
    const guard = (version: number | 'none' | 'some') => ({ streams: [{ ...mine, version }] })
    await store.append({ tenant: 'a', drafts: drafts(mine, 3) })
    const append = (version: number | 'none' | 'some') =>
      other.append({ tenant: 'b', drafts: [draft(mine)], guard: guard(version) })
    await refused(append('some'), 'ANNALS_CONFLICT')
    await refused(append(3), 'ANNALS_CONFLICT')
    await append('none')
    await append(1)
    assert.equal((await read(store, { tenant: 'b', filters: [mine] })).length, 2)
  },
}
