import assert from 'node:assert/strict'
import type { StorePromises } from './scene.ts'
import { append, draft, everything } from './vocabulary.ts'

export const migratingPromises: StorePromises = {
  'a store in use lacks no table, and keeps what it has when it is migrated': async ({ open }) => {
    const store = await open()
    await append(store, [draft({ category: 'cart', id: '1' })])
    assert.deepEqual((await store.migrations?.apply()) ?? [], [])
    assert.equal((await everything(store)).length, 1)
    await append(store, [draft({ category: 'cart', id: '1' })])
  },
}
