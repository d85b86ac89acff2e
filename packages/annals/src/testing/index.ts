export type { Awaitable } from '../core/awaitable.ts'
export { clock, type MovableClock } from './clock.ts'
export {
  verify,
  type Contract,
  type OpenSubject,
  type Trial,
  type VerifyOptions,
} from './contract.ts'
export { documentsContract } from './contracts/documents.ts'
export { ledgerContract } from './contracts/ledger.ts'
export { storeContract } from './contracts/store.ts'
export type { CallersTransaction, StoreOptions, StorePlace } from './contracts/store/scene.ts'
export { on, type OnStream } from './on.ts'
export {
  given,
  type Given,
  type NewEventsOf,
  type Shown,
  type Subject,
  type Told,
} from './given.ts'
