import assert from 'node:assert/strict'
import type { Contract } from '../contract.ts'
import { closingPromises } from './store/closing.ts'
import { decisionPromises } from './store/decisions.ts'
import { fidelityPromises } from './store/fidelity.ts'
import { followerPromises } from './store/followers.ts'
import { followingPromises } from './store/following.ts'
import { idempotencePromises } from './store/idempotence.ts'
import { migratingPromises } from './store/migrating.ts'
import { oncePromises } from './store/once.ts'
import { readingPromises } from './store/reading.ts'
import { staged } from './store/scene.ts'
import type { StorePlace } from './store/scene.ts'
import { sizePromises } from './store/sizes.ts'
import { streamsPromises } from './store/streams.ts'
import { tenantPromises } from './store/tenants.ts'
import { timePromises } from './store/time.ts'
import { transactionPromises } from './store/transactions.ts'
import { versionPromises } from './store/versions.ts'

const sentences = [
  versionPromises,
  streamsPromises,
  sizePromises,
  idempotencePromises,
  fidelityPromises,
  tenantPromises,
  followerPromises,
  followingPromises,
  decisionPromises,
  oncePromises,
  readingPromises,
  timePromises,
  transactionPromises,
  migratingPromises,
  closingPromises,
].flatMap((promises) => Object.entries(promises))

/** What every event store promises. All of it is tried beside a second tenant with the same names. */
export const storeContract: Contract<StorePlace> = {
  name: 'store',
  promises: Object.fromEntries(sentences.map(([sentence, play]) => [sentence, staged(play)])),
}

assert.equal(Object.keys(storeContract.promises).length, sentences.length, 'no sentence is twice')
