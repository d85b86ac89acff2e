import assert from 'node:assert/strict'
import type { Contract } from '../contract.ts'
import { checkpointPromises } from './ledger/checkpoints.ts'
import { inlinePromises } from './ledger/inline.ts'
import { joiningPromises } from './ledger/joining.ts'
import { leasePromises } from './ledger/leases.ts'
import { listingPromises } from './ledger/listing.ts'
import { parkedPromises } from './ledger/parked.ts'
import { projectionPromises } from './ledger/projections.ts'
import { racingPromises } from './ledger/racing.ts'
import { recuttingPromises } from './ledger/recutting.ts'
import { registrationPromises } from './ledger/registrations.ts'
import { standingPromises } from './ledger/standings.ts'
import { turningPromises } from './ledger/turning.ts'
import { versionPromises } from './ledger/versions.ts'
import { stage, type StorePlace } from './store/scene.ts'

const sentences = [
  registrationPromises,
  leasePromises,
  checkpointPromises,
  standingPromises,
  recuttingPromises,
  versionPromises,
  parkedPromises,
  listingPromises,
  inlinePromises,
  racingPromises,
  turningPromises,
  joiningPromises,
  projectionPromises,
].flatMap((promises) => Object.entries(promises))

/** What every store promises of how far its followers are, who runs them, what they put aside, and what is inline. */
export const ledgerContract: Contract<StorePlace> = {
  name: 'ledger',
  promises: Object.fromEntries(sentences.map(([sentence, play]) => [sentence, stage(play)])),
}

assert.equal(Object.keys(ledgerContract.promises).length, sentences.length, 'no sentence is twice')
