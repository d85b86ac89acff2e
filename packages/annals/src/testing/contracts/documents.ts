import assert from 'node:assert/strict'
import type { Contract } from '../contract.ts'
import { keepingPromises } from './documents/keeping.ts'
import { selectingPromises } from './documents/selecting.ts'
import { stage, type StorePlace } from './store/scene.ts'

const sentences = [keepingPromises, selectingPromises].flatMap((promises) =>
  Object.entries(promises),
)

/** What every store promises of the documents of views: how they are kept, found and sorted. */
export const documentsContract: Contract<StorePlace> = {
  name: 'documents',
  promises: Object.fromEntries(sentences.map(([sentence, play]) => [sentence, stage(play)])),
}

assert.equal(
  Object.keys(documentsContract.promises).length,
  sentences.length,
  'no sentence is twice',
)
