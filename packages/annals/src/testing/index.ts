export { clock, type MovableClock } from './clock.ts'
export {
  verify,
  type Contract,
  type OpenSubject,
  type Trial,
  type VerifyOptions,
} from './contract.ts'
export { storeContract } from './contracts/store.ts'
export type { CallersTransaction, StoreOptions, StorePlace } from './contracts/store/scene.ts'
export { given, type Given, type NewEventsOf, type Subject, type Told } from './given.ts'
