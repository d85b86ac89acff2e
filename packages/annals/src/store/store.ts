/// <reference lib="esnext.disposable" preserve="true" />
import type { Documents } from './documents.ts'
import type { Inline, Ledger } from './ledger.ts'
import type { Migrations } from './migrations.ts'
import type { Observer, StoreNote } from './observer.ts'

/** An event's place in the one global order of a store. It only grows; it may have holes. */
export type Position = number

/** The name of a stream: which kind of aggregate, and which one. */
export interface StreamName {
  readonly category: string
  readonly id: string
}

/** An event on its way into the store. `data` and `metadata` are JSON text, kept as they are. */
export interface Draft {
  /** A UUID; appending the same ids again gives the first result. */
  readonly id: string
  readonly stream: StreamName
  readonly type: string
  /** Which version of the event's schema `data` satisfies, from 1. */
  readonly schemaVersion: number
  readonly data: string
  readonly metadata: string
  readonly tags: readonly string[]
}

/** An event as the store keeps it: a draft with its tenant, its places and its time. */
export interface StoredEvent extends Draft {
  readonly tenant: string
  /** Its place in its stream: 1, 2, 3 … without holes. */
  readonly version: number
  readonly position: Position
  /** When the store recorded it; never going back from one append to one that began after it. */
  readonly at: Date
}

/** What an event must have, all of it: any of `types`, every one of `tags`. `{}` is any event. */
export interface Filter {
  readonly category?: string
  /** The id of a stream of `category`. */
  readonly id?: string
  readonly types?: readonly string[]
  readonly tags?: readonly string[]
}

/** The events that match at least one of the filters. */
export interface Query {
  /** The tenant, '' for a program without tenants; `undefined` reads across all of them. */
  readonly tenant: string | undefined
  readonly filters: readonly Filter[]
}

/** How to read. Ranges are exclusive of `after` and inclusive of `until`. */
export interface ReadOptions<Tx = never> {
  readonly after?: Position
  readonly until?: Position
  /** Narrows a read to these versions; only for a query of one stream. */
  readonly versions?: { readonly after?: number; readonly until?: number }
  readonly backwards?: boolean
  readonly limit?: number
  /** The most events a page holds, 1,000 by default. A store may end a page earlier. */
  readonly page?: number
  /** Also events above the settled position, which a later read may see more of; for decisions. */
  readonly unsettled?: boolean
  /** Reads inside the caller's transaction, with what that has written. */
  readonly tx?: Tx
  readonly signal?: AbortSignal
}

/** Up to where followers may read, in which history of the database. */
export interface Settled {
  /** Changes when the history does: another database, a restored backup. */
  readonly epoch: string
  /** Every position up to this one is committed, or dead for ever. */
  readonly position: Position
}

/** Up to where followers may read, and what keeps them from the rest. */
export interface Watermark extends Settled {
  /** The last position that was recorded. */
  readonly head: Position
  /** Who holds the settled position back, the longest first. */
  readonly holders: readonly Holder[]
}

/** A transaction that appended, or is about to, and is still open. */
export interface Holder {
  /** As the database calls it: the process id of its connection. */
  readonly connection: string
  /** For how many seconds it is open. */
  readonly seconds: number
  /** What it does, or did last. */
  readonly doing: string
}

/** What a decision had seen: everything settled, and these positions above. */
export interface Boundary extends Settled {
  readonly seen: readonly Position[]
}

/** What a stream must be like for an append to go through, whether or not the append writes to it. */
export interface StreamGuard extends StreamName {
  /** The exact version, or no event at all, or at least one. */
  readonly version: number | 'none' | 'some'
}

/** What must still be true for an append to go through. A stream without a guard takes any append. */
export interface Guard {
  readonly streams?: readonly StreamGuard[]
  /** No event matching one of the filters has come since the boundary was read. */
  readonly decision?: { readonly filters: readonly Filter[]; readonly after: Boundary }
}

/** Makes a request count once for a stream. */
export interface OnceKey {
  readonly stream: StreamName
  readonly key: string
}

/** A `once` key to be remembered with an append. */
export interface Once extends OnceKey {
  /** Tells a repeated request from another one under the same key. */
  readonly fingerprint: string
  /** The version of the stream when the append is done, and the number of its events in it. */
  readonly version: number
  readonly events: number
}

/** What a store remembers of a `once` key. */
export interface Remembered {
  readonly fingerprint: string
  readonly version: number
  readonly events: number
  /** The last position of the append; the settled one where it held no event. */
  readonly position: Position
}

/** All or nothing: events of any number of streams of one tenant, in this order. */
export interface Append {
  readonly tenant: string
  /** May be empty only where `once` is not. */
  readonly drafts: readonly Draft[]
  readonly guard?: Guard
  readonly once?: readonly Once[]
  /** What it does to read models in its transaction; without it, this process keeps none inline. */
  readonly inline?: Inline
}

/** What an append became: its events in the order of the drafts. */
export interface Appended {
  readonly events: readonly StoredEvent[]
  /** The last position of the append; the settled one where it held no event. */
  readonly position: Position
}

/** Where a follower goes on. */
export interface FollowOptions {
  readonly after: Position
  /** The epoch that `after` is of: where the log has another, it is refused. */
  readonly epoch?: string
  /** The most events to give: 1,000 by default. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

/** Settled events in the order of their positions. */
export interface Followed {
  readonly events: readonly StoredEvent[]
  /** Up to here these are all that match: where to go on. It is `after` where nothing has settled since. */
  readonly until: Position
}

/** What an adapter can do; shared code follows this and never asks which adapter it has. */
export interface Capabilities {
  /** Whether `append` and `read` take the caller's transaction as `tx`. */
  readonly transactions: boolean
}

/**
 * The port of every event store. It knows JSON text, never schemas; its promises are the store contract
 * of `annals/testing`.
 *
 * An append is decided in this order: events whose ids are stored already with the same content give
 * the first result, with other content `ANNALS_ID_REUSED`; a remembered `once` key gives a
 * `ConflictError` where the fingerprint is the same (ask `remembered` again), else `ANNALS_ONCE_MISMATCH`;
 * a broken guard gives a `ConflictError`. Whatever fails writes nothing.
 */
export interface EventStore<Tx = never> extends AsyncDisposable {
  readonly can: Capabilities
  /** Where followers keep how far they are. */
  readonly ledger: Ledger
  /** The documents of views. */
  readonly documents: Documents<Tx>
  /** How its tables are brought to this version; absent where it has none. */
  readonly migrations?: Migrations
  /** Who watches what is done with the store, by `observed`; whatever stands on it asks for it. */
  readonly observer?: Observer
  append(
    append: Append,
    options?: { readonly tx?: Tx; readonly signal?: AbortSignal },
  ): Promise<Appended>
  /**
   * Pages of events in position order (in a stream that is version order), none of them empty. Settled
   * events only, unless the query is of one stream, `unsettled` is set or a `tx` is given.
   */
  read(query: Query, options?: ReadOptions<Tx>): AsyncIterable<readonly StoredEvent[]>
  /**
   * What comes next for a follower. It takes a bounded time, so a query that matches little gives no event and an `until`
   * to go on from; and bounded memory, so it may give fewer events than `limit` where they are large.
   */
  follow(query: Query, options: FollowOptions): Promise<Followed>
  settled(options?: { readonly tx?: Tx }): Promise<Settled>
  /** As `settled`, with what an operator wants to know. */
  watermark(): Promise<Watermark>
  /** Waits until the settled position is above one, and gives it; it may have grown more meanwhile. */
  wake(after: Position, signal: AbortSignal): Promise<Position>
  /** What is remembered of a `once` key, for as long as the store keeps it. */
  remembered(
    tenant: string,
    once: OnceKey,
    options?: { readonly tx?: Tx },
  ): Promise<Remembered | undefined>
  /** Tells one listener, from now on, what only the store knows; absent where there is nothing to tell. */
  observe?(noted: (note: StoreNote) => void): void
  /** Waits for appends on their way, then frees what the store holds. Closing twice is fine. */
  close(): Promise<void>
}
