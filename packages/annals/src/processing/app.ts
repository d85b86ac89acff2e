/// <reference lib="esnext.disposable" preserve="true" />
import type { Decision } from '../core/decision.ts'
import type { AnyAggregate, EventsOfAggregate, Handle, StateOf } from '../core/deciding.ts'
import type { Duration } from '../core/duration.ts'
import type { EventOf, Events } from '../core/event.ts'
import type { OpenOptions } from '../store/commands.ts'
import type { DecisionMade } from '../store/decisions.ts'
import type { Loaded, LoadOptions } from '../store/history.ts'
import type { ReadQuery, ReadRange } from '../store/reading.ts'
import type { Acting } from '../store/session.ts'
import type { Position } from '../store/store.ts'
import type { Together, TogetherDone } from '../store/together.ts'
import type { QueryPage, ViewQuery, Where } from './query.ts'
import type { View } from './view.ts'

/** What a command gave: the aggregate after it, and the events that it added. */
export interface Committed<A> extends Loaded<StateOf<A>> {
  readonly events: readonly EventOf<EventsOfAggregate<A>>[]
  /** Whether this is the answer that a `once` key gave before, and nothing was done now. */
  readonly repeated: boolean
}

/** How long to wait for a read model. */
export interface WaitOptions {
  /** How long to wait: `'5s'` for a document, `'30s'` for everything. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

/** How to find a document. */
export interface FindOptions extends WaitOptions {
  /** Waits until the view has seen this position, such as one that a command gave. */
  readonly after?: Position
}

/** An event-sourced program: its commands, its history and its read models. */
export interface App<Tx = never> extends AsyncDisposable {
  /**
   * The commands of one aggregate: each loads it, decides, and appends under the guard of the version
   * it saw; on a conflict it does so again, five times in all.
   */
  open<A extends AnyAggregate>(
    aggregate: A,
    id: string,
    options?: OpenOptions<StateOf<A>, EventOf<EventsOfAggregate<A>>>,
  ): Handle<A, Promise<Committed<A>>>
  /** An aggregate's state: now, as of a version, or as of a time. */
  load<A extends AnyAggregate>(
    aggregate: A,
    id: string,
    options?: LoadOptions,
  ): Promise<Loaded<StateOf<A>>>
  /** Decides over any boundary, and appends when nothing in it has changed meanwhile. */
  decide<A extends readonly unknown[], X, E extends Events>(
    decision: Decision<A, X, E>,
    ...args: NoInfer<A>
  ): Promise<DecisionMade<EventOf<E>>>
  /** Several aggregates, one append: all or nothing, and the whole work again on a conflict. */
  together<R>(work: (both: Together) => Promise<R>): Promise<TogetherDone<R>>
  /** The events of a set, in position order. */
  read<E extends Events>(
    events: E,
    query?: ReadQuery<E>,
    options?: ReadRange,
  ): AsyncIterable<EventOf<E>>
  /**
   * The document of a view under a key; `undefined` where no event has made one.
   *
   * @throws UnavailableError `ANNALS_BEHIND` when the view has not seen the position asked for in time.
   * @throws StorageError `ANNALS_PARKED` when the document stands still, since an event of it was parked.
   */
  find<S>(view: View<S>, key: string, options?: FindOptions): Promise<S | undefined>
  /** The documents of a view that are as asked for, a page at a time. */
  query<S, Index extends string>(
    view: View<S, Index>,
    query?: ViewQuery<NoInfer<S>, NoInfer<Index>>,
  ): Promise<QueryPage<S>>
  /** How many documents of a view are as asked for. */
  count<S, Index extends string>(
    view: View<S, Index>,
    where?: Where<NoInfer<S>, NoInfer<Index>>,
  ): Promise<number>
  /**
   * Runs what is to be kept in the background, in this process or in another one that runs it already. It is
   * there when everything runs or another process does.
   *
   * @throws AnnalsError when something cannot run, such as a table that cannot be made.
   */
  start(): Promise<void>
  /**
   * Waits until all that this app keeps has handled what was recorded before.
   *
   * @throws UnavailableError `ANNALS_BEHIND` when the time is over, with what is behind and why.
   */
  caughtUp(options?: WaitOptions): Promise<void>
  /**
   * This app, acting for somebody, in a tenant, in the caller's transaction. Closing what it gives does
   * nothing: the store is closed by the app that `annals` made.
   */
  with(acting: Acting<Tx>): App<Tx>
  /**
   * Stops what runs in the background, after the event that each is at, and closes the store, after the appends that
   * are on their way.
   */
  close(): Promise<void>
}
