export { annals, type Config } from './annals.ts'
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
  RebuildingError,
  RejectedError,
  StorageError,
  UnavailableError,
  UnknownEventError,
  type ErrorCode,
  type Issue,
  type Meaning,
  type Progress,
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
export {
  fold,
  type AsJson,
  type Fold,
  type FoldOptions,
  type Handlers,
  type Slice,
  type StateCodec,
  type TagsOf,
} from './core/fold.ts'
export type { Schema, SchemaInput, SchemaIssue, SchemaOutput, SchemaResult } from './core/schema.ts'
export { versioned, type Step, type Versioned } from './core/versioned.ts'
export type { App, Committed, FindOptions, WaitOptions } from './processing/app.ts'
export type { Processor, ProcessorOptions, Retry, RetryOptions } from './processing/processor.ts'
export type { RebuildSettings } from './processing/rebuilding.ts'
export type {
  Projection,
  ProjectionContext,
  ProjectionDefinition,
  ProjectionOptions,
} from './processing/projection.ts'
export type { Asked, Found, Match, QueryPage, ViewQuery, Where } from './processing/query.ts'
export type { Sortable } from './processing/sortable.ts'
export {
  subscription,
  type From,
  type Reactions,
  type Subscription,
  type SubscriptionContext,
  type SubscriptionOptions,
} from './processing/subscription.ts'
export {
  view,
  type KeptState,
  type Keyed,
  type SortableKey,
  type View,
  type ViewOptions,
} from './processing/view.ts'
export type { Awaitable } from './core/awaitable.ts'
export type { OpenOptions } from './store/commands.ts'
export type {
  Condition,
  Document,
  DocumentChange,
  DocumentKey,
  Documents,
  Field,
  Selection,
  WalkOptions,
} from './store/documents.ts'
export type {
  DocumentWork,
  HashRange,
  Inline,
  InlineChange,
  InlineKey,
  Lease,
  Ledger,
  Mode,
  Move,
  Overview,
  Own,
  OwnWork,
  Page,
  PageDone,
  PageWork,
  Parked,
  ParkedName,
  ParkedQuery,
  ParkedRequest,
  Parking,
  ProcessorKind,
  ProcessorName,
  QueueName,
  Registration,
  Runs,
  SliceName,
  SliceStanding,
  Standing,
  Tending,
  TableDifference,
  TableSide,
} from './store/ledger.ts'
export { observed } from './store/observed.ts'
export type {
  AppendSeen,
  CommandSeen,
  HandlingSeen,
  LeaseNote,
  Note,
  Observer,
  Operation,
  StoreNote,
  Watched,
} from './store/observer.ts'
export type { DecisionMade } from './store/decisions.ts'
export type { Loaded, LoadOptions } from './store/history.ts'
export type { Migrations } from './store/migrations.ts'
export type { ReadQuery, ReadRange } from './store/reading.ts'
export type { Acting } from './store/session.ts'
export type {
  Append,
  Appended,
  Boundary,
  Capabilities,
  Draft,
  EventStore,
  Followed,
  FollowOptions,
  Filter,
  Guard,
  Holder,
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
  Watermark,
} from './store/store.ts'
export type { Tentative, TentativeAnswer, Together, TogetherDone } from './store/together.ts'
