export { health, type Health, type HealthOptions } from './health.ts'
export { history } from './history.ts'
export { migrate, migrationSql } from './migrate.ts'
export {
  discard,
  parked,
  parkedDetails,
  retry,
  type ParkedDetails,
  type ParkedEvent,
  type ParkedOptions,
} from './parked.ts'
export { pause, resume, type PauseDone } from './pausing.ts'
export type { DiffOptions } from './compared.ts'
export { diff, type Diff, type DiffPositions, type Difference } from './diff.ts'
export { diffTables, type TableDiff, type TableRows, type TablesDiff } from './diff-tables.ts'
export { rebuild, unbuilt, type RebuildOptions } from './rebuild.ts'
export { drop, versions, type DropOptions, type VersionStatus } from './versions.ts'
export { rawEvents, type RawEvent, type RawQuery, type RawRange } from './raw-events.ts'
export { runCommand, type CommandDone, type NamedCommand, type RunOptions } from './run-command.ts'
export {
  status,
  type ParkedStatus,
  type ProcessorState,
  type ProcessorStatus,
  type SliceStatus,
  type Status,
  type StoreStatus,
} from './status.ts'
export { why, type Reason } from './why.ts'
export type { Built } from '../processing/rebuilding.ts'
export { isApp } from '../processing/parts.ts'
export type { HistoryEntry } from '../store/history.ts'
export type { ParkedRequest, ProcessorKind } from '../store/ledger.ts'
export type { WhichProcessor } from './which.ts'
