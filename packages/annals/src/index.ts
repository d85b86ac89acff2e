export { annals, type App, type Committed, type Config } from './annals.ts'
export { memory, type MemoryOptions } from './adapters/memory/index.ts'
export {
  aggregate,
  command,
  reject,
  type AggregateOptions,
  type AggregateType,
  type ArgumentsOf,
  type Command,
  type Commands,
  type Decided,
  type Invariants,
} from './core/aggregate.ts'
export { Aggregate, type AggregateClass, type AggregateRoot } from './core/aggregate-class.ts'
export {
  decision,
  type Decision,
  type EventsIn,
  type Slices,
  type StatesOf,
} from './core/decision.ts'
export {
  type AnyAggregate,
  type EventsOfAggregate,
  type Handle,
  type MethodsOf,
  type StateOf,
} from './core/deciding.ts'
export type { Duration, Keep } from './core/duration.ts'
export {
  AnnalsError,
  ConflictError,
  errorTable,
  InvalidError,
  MisuseError,
  RejectedError,
  StorageError,
  UnavailableError,
  UnknownEventError,
  type ErrorCode,
  type Issue,
  type Meaning,
} from './core/errors.ts'
export {
  events,
  type Capitalised,
  type DataOf,
  type Event,
  type EventDefinition,
  type EventOf,
  type EventOptions,
  type Events,
  type EventsOf,
  type EventType,
  type FieldOf,
  type InputOf,
  type KeysOfEach,
  type Metadata,
  type NewEvent,
  type NewEventOf,
  type Schemas,
  type TagOf,
  type TypeOf,
} from './core/event.ts'
export { fold, type Fold, type Handlers, type Slice, type TagsOf } from './core/fold.ts'
export type { Schema, SchemaInput, SchemaIssue, SchemaOutput, SchemaResult } from './core/schema.ts'
export { versioned, type Step, type Versioned } from './core/versioned.ts'
export type { OpenOptions } from './store/commands.ts'
export type { DecisionMade } from './store/decisions.ts'
export type { Loaded, LoadOptions } from './store/history.ts'
export type { ReadQuery, ReadRange } from './store/reading.ts'
export type { Acting } from './store/session.ts'
export type {
  Append,
  Appended,
  Boundary,
  Capabilities,
  Draft,
  EventStore,
  Filter,
  Guard,
  Once,
  OnceKey,
  Position,
  Query,
  ReadOptions,
  Remembered,
  Settled,
  StoredEvent,
  StreamGuard,
  StreamName,
} from './store/store.ts'
export type { Tentative, TentativeAnswer, Together, TogetherDone } from './store/together.ts'
