export { health, type Health, type HealthOptions } from './health.ts'
export {
  discard,
  parked,
  parkedDetails,
  retry,
  type ParkedDetails,
  type ParkedEvent,
  type ParkedOptions,
} from './parked.ts'
export { pause, resume } from './pausing.ts'
export { rebuild, unbuilt, type RebuildOptions } from './rebuild.ts'
export { drop, versions, type DropOptions, type VersionStatus } from './versions.ts'
export {
  status,
  type ParkedStatus,
  type ProcessorState,
  type ProcessorStatus,
  type SliceStatus,
  type Status,
  type StoreStatus,
} from './status.ts'
export type { ParkedRequest, ProcessorKind } from '../store/ledger.ts'
export type { WhichProcessor } from './which.ts'
