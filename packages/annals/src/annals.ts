/// <reference lib="esnext.disposable" preserve="true" />
import type { Decision } from './core/decision.ts'
import {
  handleOf,
  type AnyAggregate,
  type EventsOfAggregate,
  type Handle,
  type PlainAggregate,
  type StateOf,
} from './core/deciding.ts'
import { misuse } from './core/errors.ts'
import type { EventOf, Events } from './core/event.ts'
import { checkOptions } from './core/options.ts'
import { clockOf } from './store/clock.ts'
import { checkDeclarations } from './store/declarations.ts'
import { run, type OpenOptions } from './store/commands.ts'
import { decide, type DecisionMade } from './store/decisions.ts'
import { load, type Loaded, type LoadOptions } from './store/history.ts'
import { read, type ReadQuery, type ReadRange } from './store/reading.ts'
import { bind, type Acting, type Session } from './store/session.ts'
import type { EventStore } from './store/store.ts'
import { together, type Together, type TogetherDone } from './store/together.ts'

/** What an app is made of. */
export interface Config<Tx = never> {
  readonly store: EventStore<Tx>
  /** The aggregates of the app: their events must agree with each other. */
  readonly aggregates?: readonly AnyAggregate[]
  /** What time it is while a command decides; the store has a clock of its own. */
  readonly clock?: () => Date
}

/** What a command gave: the aggregate after it, and the events that it added. */
export interface Committed<A> extends Loaded<StateOf<A>> {
  readonly events: readonly EventOf<EventsOfAggregate<A>>[]
  /** Whether this is the answer that a `once` key gave before, and nothing was done now. */
  readonly repeated: boolean
}

/** An event-sourced program: its commands and its history. */
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
   * This app, acting for somebody, in a tenant, in the caller's transaction. Closing what it gives does
   * nothing: the store is closed by the app that `annals` made.
   */
  with(acting: Acting<Tx>): App<Tx>
  /** Closes the store, after the appends that are on their way. */
  close(): Promise<void>
}

/**
 * Puts an app together.
 *
 * @throws MisuseError `ANNALS_OPTION` when two of its aggregates have one category, or declare one
 *   event type differently.
 */
export function annals<Tx = never>(config: Config<Tx>): App<Tx> {
  checkOptions('annals', config, ['store', 'aggregates', 'clock'])
  const { store, aggregates = [] } = config
  checkStore(store)
  if (!Array.isArray(aggregates)) misuse('annals: aggregates takes a list of them')
  checkDeclarations(aggregates)
  const clock = clockOf('annals', config.clock)
  return appOf({ store, clock, tenant: '', origin: {} }, () => store.close())
}

function checkStore(store: unknown): void {
  if (typeof store === 'object' && store && 'append' in store) return
  misuse('annals needs a store, such as memory() or sqlite(path)')
}

function appOf<Tx>(session: Session<Tx>, close: () => Promise<void>): App<Tx> {
  // what follows hands `tx` on as it is, and never looks at it
  const plain = session as unknown as Session
  return {
    open: (aggregate, id, options = {}) => {
      checkOptions('open', options, ['version', 'once', 'resolve'])
      const type: PlainAggregate = aggregate
      return handleOf(
        type,
        (name, args) =>
          run(plain, { aggregate: type, id, name, args }, options as OpenOptions) as never,
      )
    },
    load: (aggregate, id, options = {}) => {
      checkOptions('load', options, ['until', 'at'])
      const { fold, category }: PlainAggregate = aggregate
      return load(plain, fold, { category, id }, options) as never
    },
    decide: (decision, ...args) => decide(plain, decision, args) as never,
    together: (work) => together(plain, work),
    read: (events, query, options) => read(plain, events, query, options),
    with: (acting) => appOf(bind(session, acting), async () => {}),
    close,
    [Symbol.asyncDispose]: close,
  }
}
