import type { Awaitable } from '../core/awaitable.ts'
import type { DocumentChange, DocumentKey, Document } from './documents.ts'
import type { Position, Query, StoredEvent } from './store.ts'

/** A read model or a subscription in one version: what has checkpoints, leases and parked events of its own. */
export interface ProcessorName {
  readonly name: string
  readonly version: string
}

/** What kind of follower it is; a store keeps it for those who look. */
export type ProcessorKind = 'view' | 'projection' | 'subscription'

/** Hashes from `first` to `last`, both of them within 0 and 1,023: see `hashOf` in `slices.ts`. */
export interface HashRange {
  readonly first: number
  readonly last: number
}

/** The part of a processor that one process runs at a time; `first` tells it from the others. */
export interface SliceName extends ProcessorName {
  readonly first: number
}

/** The right to run a slice, until it expires or somebody else takes it over. */
export interface Lease extends ProcessorName, HashRange {
  readonly owner: string
  /** Grows with each taking over: who writes with an older one is refused. */
  readonly token: number
  /** The checkpoint when the slice was claimed. */
  readonly position: Position
}

/** What a projection writes with, inside the transaction of the store. */
export interface Own {
  /** As the adapter of the store gives it to projections of its own. */
  readonly tx: unknown
  /** The full name of a table of this version of the projection. */
  readonly table: (name: string) => string
}

/** A processor as a store is to keep it. */
export interface Registration extends ProcessorName {
  readonly kind: ProcessorKind
  /** Into how many slices it is to be cut. */
  readonly slices: number
  /** Where a new one begins: it handles what comes after. */
  readonly from: Position
  /** Whether it is to be inline: a new one is, at once, where the log has no event yet. */
  readonly inline: boolean
  /** How many fields the documents of a view are found by. */
  readonly fields?: number
  /** Makes the tables of a projection; run once, in the transaction that registers it first. */
  readonly setup?: (own: Own) => Awaitable<unknown>
}

/** `inline`: every append keeps it; `following`: its slices do. */
export type Mode = 'following' | 'inline'

/** How a processor stands. */
export interface Standing extends ProcessorName {
  readonly kind: ProcessorKind
  readonly mode: Mode
  /** Whether it is the version of its name that is read where none is said: see `goLive`. */
  readonly live: boolean
  readonly paused: boolean
  /** How many slices were asked for last: where it differs from those there are, they are to be cut anew. */
  readonly wanted: number
  /** How many owners have asked for it lately: see `Tending`. */
  readonly runners: number
  readonly slices: readonly SliceStanding[]
}

/** How a slice stands. */
export interface SliceStanding extends HashRange {
  readonly position: Position
  /** Who runs it; `undefined` where nobody does, or the lease has expired. */
  readonly owner: string | undefined
  readonly token: number
  /** Whether a parked event of it is due: its pause is over, or somebody asked for something. */
  readonly due: boolean
}

/** A standing with what waits, for those who look. */
export interface Overview extends Standing {
  /** How many events are parked, those behind others included. */
  readonly parked: number
  /** How many queues have an event that nothing but a person will try again. */
  readonly stuck: number
  /** When the oldest of the parked events was parked. */
  readonly oldest: Date | undefined
  /** What one of those who run it says that goes wrong. */
  readonly error: string | undefined
}

/** What a process says of itself, again and again. */
export interface Tending {
  readonly owner: string
  /** How long its leases, and what it says here, hold from now, in milliseconds. */
  readonly term: number
  /** The leases it goes on with. */
  readonly held: readonly Lease[]
  /** The processors that it runs, or would run if their slices were free. */
  readonly runs: readonly Runs[]
}

/** A processor that a process runs. */
export interface Runs extends ProcessorName {
  /** What goes wrong with it there. */
  readonly error?: string | undefined
}

/** Events of one queue are handled one after the other. */
export interface QueueName {
  readonly tenant: string
  readonly queue: string
}

/** An event to be put aside, with where it belongs. */
export interface Parking extends QueueName {
  /** That of its queue: see `hashOf`. */
  readonly hash: number
  readonly position: Position
  readonly eventId: string
  readonly type: string
  /** How often it was tried: 0 for one that only waits behind another. */
  readonly attempts: number
  /** What went wrong the last time. */
  readonly error?: string
  /** In how many milliseconds it is to be tried again by itself; never, without one. */
  readonly delay?: number
}

/** An event that was put aside. */
export interface Parked extends Omit<Parking, 'delay'>, ProcessorName {
  /** When it was put aside first. */
  readonly at: Date
  /** When it is tried again by itself. */
  readonly next: Date | undefined
  /** What somebody asked for. */
  readonly request: ParkedRequest | undefined
}

/** What can be asked for a parked event. */
export type ParkedRequest = 'retry' | 'discard'

/** Which parked event is meant. */
export interface ParkedName extends ProcessorName, QueueName {
  readonly position: Position
}

/** What a page does to the documents of a view. */
export interface DocumentWork {
  readonly model: ProcessorName
  /** The documents that it may change. */
  readonly keys: readonly DocumentKey[]
  /** What becomes of them; `before` gives those that are there. It gives the same when it is called again. */
  readonly change: (before: (key: DocumentKey) => Document | undefined) => readonly DocumentChange[]
}

/** What a projection does in the transaction of a page. */
export interface OwnWork {
  readonly model: ProcessorName
  /** May be run again, after what it did was rolled back. */
  readonly run: (own: Own) => Awaitable<void>
}

/** What a page of events does to read models, in one transaction with the checkpoint. */
export interface PageWork {
  readonly documents?: DocumentWork
  readonly own?: OwnWork
}

/** A page that was handled. */
export interface Page extends PageWork {
  readonly lease: Lease
  /** What is put aside, or put aside again under the same name. */
  readonly parks?: readonly Parking[]
  /** Parked events that were handled, or dropped. */
  readonly settles?: readonly Omit<ParkedName, keyof ProcessorName>[]
  /** The checkpoint after it. */
  readonly position: Position
}

/** What came of a page. */
export interface PageDone {
  /** Of the queues of which something was settled, the first event each that is parked still. */
  readonly next: readonly Parked[]
}

/** A checkpoint that moves without any work: nothing on the way was for the slice. */
export interface Move {
  readonly lease: Lease
  readonly position: Position
}

/**
 * Where a store keeps how far its followers are, who runs them, and what they put aside. Whatever is written under a
 * lease is refused with `ANNALS_LEASE_LOST` when its token is not the newest, and then nothing of it is written. Time is
 * that of the store.
 */
export interface Ledger {
  /**
   * Makes what is missing: slices, tables of documents, the tables of projections. Registering again changes
   * nothing but the number of slices that is wanted. The first version of a name is live at once where the log has no
   * event yet, and a subscription always is.
   */
  register(registrations: readonly Registration[]): Promise<void>
  /** Renews leases, says what a process runs, and gives how these processors stand then. */
  tend(tending: Tending): Promise<readonly Standing[]>
  /** Takes slices whose lease is free or has expired; gives those it got. A paused or inline processor has none. */
  claim(slices: readonly SliceName[], owner: string, term: number): Promise<readonly Lease[]>
  /** Gives leases back; those that were lost are passed over. */
  release(leases: readonly Lease[]): Promise<void>
  /** Does the work of a page and moves the checkpoint, all or nothing. */
  commit(page: Page): Promise<PageDone>
  /** Moves checkpoints; gives the moves whose leases were lost. */
  advance(moves: readonly Move[]): Promise<readonly Move[]>
  /**
   * Makes a processor inline, when no append is on its way: what comes after the checkpoint of its only slice is handled in
   * the same transaction. False when it could not be done now: appends are on their way, there is more left than a page,
   * or something of it is parked, which appends would not wait behind.
   */
  turnInline(
    lease: Lease,
    query: Query,
    handle: (events: readonly StoredEvent[]) => Awaitable<PageWork>,
  ): Promise<boolean>
  /** Cuts a processor into the wanted number of slices; false unless all stand at one position and nobody runs them. */
  recut(processor: ProcessorName): Promise<boolean>
  /**
   * Makes a version the live one of its name, in the place of the one that was: it is built, and the plain names of the tables of
   * a projection are those of this version from then on. False while a slice of it is before `reached`, or before the
   * version that is live; and where that is a newer one that somebody runs.
   */
  goLive(processor: ProcessorName, reached: Position): Promise<boolean>
  /**
   * Forgets a version with its documents or tables, its checkpoints and what it parked; false when the store knows none of the
   * name. Refused with `ANNALS_OPTION` while somebody runs it, or appends keep it.
   */
  drop(processor: ProcessorName): Promise<boolean>
  /**
   * Compares the tables of two versions of a projection, each as both are at one moment, by the columns that both versions have.
   * Of the rows that only one version has at most `limit` are given, of each table and each version, in the order of their primary
   * keys: so the rows of both sides belong together.
   */
  compareTables(
    from: ProcessorName,
    to: ProcessorName,
    limit: number,
  ): Promise<readonly TableDifference[]>
  /** How processors stand; all that the store knows without `processors`. */
  overview(processors?: readonly ProcessorName[]): Promise<readonly Overview[]>
  /** Stops a processor in all processes, or lets it go on; false when the store knows none of the name. */
  pause(processor: ProcessorName, paused: boolean): Promise<boolean>
  /** The queues of a slice that have something parked. */
  queues(lease: Lease): Promise<readonly QueueName[]>
  /** The first event of each queue of a slice whose first event is due, the oldest first; at most `limit`. */
  due(lease: Lease, limit: number): Promise<readonly Parked[]>
  /** Parked events in the order of their positions, then of their names; of all processors, or of one, or of a queue of it. */
  parked(of: ParkedQuery): Promise<readonly Parked[]>
  /** Notes what the owner of the slice is to do with a parked event; false when there is none of the name. */
  request(parked: ParkedName, request: ParkedRequest): Promise<boolean>
}

/** A table of a projection in two versions. */
export interface TableDifference {
  /** Its name without a version. */
  readonly table: string
  readonly from: TableSide
  readonly to: TableSide
}

/** What a version has in a table. */
export interface TableSide {
  /** How many rows; 0 where the version has no such table. */
  readonly rows: number
  /** How many rows the other version does not have. */
  readonly only: number
  /** The first of those, as JSON objects. */
  readonly examples: readonly string[]
}

/** Which parked events to list. */
export interface ParkedQuery {
  readonly processor?: ProcessorName
  readonly queue?: QueueName
  /** Only what comes after this one. */
  readonly after?: ParkedName
  readonly limit: number
}

/** What an append does to the read models that are inline, in its own transaction. */
export interface Inline {
  /** All that this process keeps inline. What is inline in the store and not among them follows from here on. */
  readonly models: readonly ProcessorName[]
  /** The documents that the events may change; `model` is a place in `models`. */
  readonly documents: readonly InlineKey[]
  /**
   * What becomes of them by the events of the append, as it was recorded. Only models of `kept` are inline in the store;
   * what it throws refuses the append.
   */
  readonly change: (
    events: readonly StoredEvent[],
    kept: ReadonlySet<number>,
    before: (key: InlineKey) => Document | undefined,
  ) => readonly InlineChange[]
  /** Projections among the models that have something to write; run after `change` for those of `kept`. */
  readonly own: readonly {
    readonly model: number
    readonly run: (events: readonly StoredEvent[], own: Own) => Awaitable<void>
  }[]
}

/** A document of an inline view. */
export interface InlineKey extends DocumentKey {
  readonly model: number
}

/** A document of an inline view as an append leaves it. */
export interface InlineChange extends DocumentChange {
  readonly model: number
}
