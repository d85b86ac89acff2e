import { finished, inOrder, type Awaitable } from '../core/awaitable.ts'
import { misuse } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import { checkName } from '../store/admission.ts'
import type { DocumentKey } from '../store/documents.ts'
import type { PageWork, QueueName } from '../store/ledger.ts'
import type { Observer } from '../store/observer.ts'
import type { StoredEvent, StreamName } from '../store/store.ts'
import type { App } from './app.ts'
import { changedBy, nameOf, type Touch } from './changing.ts'
import type { Processor } from './processor.ts'
import type { Projection } from './projection.ts'
import type { Subscription, SubscriptionContext } from './subscription.ts'
import type { AnyView } from './view.ts'
import { Yielding } from './yielding.ts'

/** An event as a member of one of its queues. */
export interface Assigned extends QueueName {
  readonly event: Event
  readonly hash: number
}

/** An event that could not be handled. */
export interface Failure {
  readonly assigned: Assigned
  readonly error: unknown
}

/** What effects outside the store came to. */
export interface Effects {
  /** How many events are done with, from the first: handled, failed, or behind one that failed. */
  readonly done: number
  readonly failures: readonly Failure[]
}

/** How a processor deals with events: each kind has its own way. */
export interface Handling {
  /** The queues of an event. */
  readonly queuesOf: (event: Event) => readonly string[]
  /** The queue of an event that cannot be read. */
  readonly queueOfStored: (stored: StoredEvent) => string
  /** Whether the queue of an event is always that one, so that it need not be read to know it. */
  readonly queuedByStream: boolean
  /** What is written in the transaction of the page; it fails as a whole where a handler fails. */
  readonly work?: (events: readonly Assigned[]) => PageWork
  /** What is done outside before the checkpoint moves. */
  readonly effects?: (events: readonly Assigned[], conduct: Conduct) => Promise<Effects>
}

/** How long effects may go on. */
export interface Conduct {
  /** Ends when the event at hand must be given up. */
  readonly signal: AbortSignal
  /** Whether no further event is to be begun. */
  readonly stopping: () => boolean
}

/** A handler failed: the event is to blame, and not the store. */
export class HandlerFailed extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause })
  }
}

/**
 * Makes the app that acts because of an event, for handlers of a processor. `traceparent` is of what is done with the event, where
 * that is watched.
 */
export type AppFor = (processor: string, event: Event, traceparent?: string) => App

/** How a processor deals with events. */
export function handlingOf(
  processor: Processor<unknown>,
  appFor: AppFor,
  observer?: Observer,
): Handling {
  switch (processor.kind) {
    case 'view':
      return ofView(processor as AnyView)
    case 'projection':
      return ofProjection(processor as Projection<unknown>)
    case 'subscription':
      return ofSubscription(processor as Subscription, appFor, observer)
    default:
      return processor.kind
  }
}

function ofView(view: AnyView): Handling {
  return {
    queuesOf: view.keysOf,
    queueOfStored: ({ stream }) => stream.id,
    queuedByStream: view.keyedByStream,
    work: (events) => ({
      documents: {
        model: view,
        keys: distinct(events.map(touchOf)),
        change: (before) => {
          try {
            return changedBy(view, events.map(touchOf), before)
          } catch (error) {
            throw new HandlerFailed(error)
          }
        },
      },
    }),
  }
}

// the queue of an event of a view is a document
function touchOf({ event, tenant, queue: key }: Assigned): Touch {
  return { event, tenant, key }
}

function ofProjection({ name, version, queueOf, react }: Projection<unknown>): Handling {
  return {
    ...queuedBy(queueOf),
    work: (events) => ({
      own: {
        model: { name, version },
        run: (own) => finished(inOrder(events, ({ event }) => attempted(() => react(event, own)))),
      },
    }),
  }
}

// at once where the handler is: a store whose driver is synchronous waits for nobody
function attempted(handle: () => unknown): Awaitable<undefined> {
  try {
    const handled = handle()
    if (!(handled instanceof Promise)) return undefined
    return handled.then(
      () => undefined,
      (error: unknown) => {
        throw new HandlerFailed(error)
      },
    )
  } catch (error) {
    throw new HandlerFailed(error)
  }
}

// In milliseconds: what was done is noted at least so often, however slow the handlers are.
const longestBetweenNotes = 1_000

function ofSubscription(
  { kind, name, version, queueOf, react }: Subscription,
  appFor: AppFor,
  observer: Observer | undefined,
): Handling {
  const handled = ({ event }: Assigned, signal: AbortSignal, traceparent?: string) => {
    const reacted = react(event, new Context(() => appFor(name, event, traceparent), signal))
    return isThenable(reacted) ? orGivenUp(reacted, signal) : undefined
  }
  const processor = { kind, name, version }
  const watched = (by: Observer, assigned: Assigned, signal: AbortSignal) =>
    by.around({ kind: 'handle', processor, events: [assigned.event] }, async ({ traceparent }) =>
      handled(assigned, signal, traceparent),
    )
  return {
    ...queuedBy(queueOf),
    effects: async (events, { signal, stopping }) => {
      const failures = new Map<string, Failure>()
      const started = performance.now()
      const yielding = new Yielding()
      let count = 0
      for (const assigned of events) {
        if (count > 0 && performance.now() - started > longestBetweenNotes) break
        if (yielding.isDue) await yielding.yield()
        if (signal.aborted || stopping()) break
        if (failures.size === 0 || !failures.has(queueName(assigned))) {
          try {
            const handling = observer
              ? watched(observer, assigned, signal)
              : handled(assigned, signal)
            if (handling) await handling
          } catch (error) {
            // what fails because it was told to stop has not failed
            if (signal.aborted) break
            failures.set(queueName(assigned), { assigned, error })
          }
        }
        count++
      }
      return { done: count, failures: [...failures.values()] }
    },
  }
}

function queueName({ tenant, queue: key }: QueueName): string {
  return nameOf({ tenant, key })
}

/** Waits for a handler, but no longer than its event may be held: what it does afterwards is its own. */
async function orGivenUp(handled: PromiseLike<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason as Error)
  signal.addEventListener('abort', end)
  try {
    await Promise.race([handled, givenUp])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/**
 * What a handler has besides its event. Few handlers use the app, and making it takes longer than most of them. A class,
 * since an object literal with a getter took 5 of the 14 µs that an event costs in all.
 */
class Context implements SubscriptionContext {
  readonly signal: AbortSignal
  readonly #make: () => App
  #made: App | undefined

  constructor(make: () => App, signal: AbortSignal) {
    this.#make = make
    this.signal = signal
  }

  get app(): App {
    this.#made ??= this.#make()
    return this.#made
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}

function queuedBy(
  queueOf: ((event: Event) => string) | undefined,
): Pick<Handling, 'queuesOf' | 'queueOfStored' | 'queuedByStream'> {
  return {
    queuesOf: (event) => [queueOf ? checkedQueue(queueOf(event)) : streamQueue(event.stream)],
    queueOfStored: ({ stream }) => streamQueue(stream),
    queuedByStream: queueOf === undefined,
  }
}

function checkedQueue(queue: unknown): string {
  if (typeof queue !== 'string')
    misuse(`by gave ${String(queue)}, which is no text to name a queue by`)
  checkName('queue', queue)
  return queue
}

function streamQueue({ category, id }: StreamName): string {
  return `${category}/${id}`
}

function distinct(keys: readonly DocumentKey[]): readonly DocumentKey[] {
  return [
    ...new Map(keys.map(({ tenant, key }) => [nameOf({ tenant, key }), { tenant, key }])).values(),
  ]
}
