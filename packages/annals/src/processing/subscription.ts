import { misuse } from '../core/errors.ts'
import type { Event, EventOf, Events, TypeOf } from '../core/event.ts'
import type { Position } from '../store/store.ts'
import type { App } from './app.ts'
import {
  checkProcessorName,
  processorSettings,
  type Processor,
  type ProcessorOptions,
} from './processor.ts'

/** A durable follower with effects outside the store. */
export interface Subscription extends Processor {
  readonly kind: 'subscription'
  /** Where it begins when it is new. */
  readonly from: From
  /** What is one queue: events of it are handled one after the other. */
  readonly queueOf: ((event: Event) => string) | undefined
  readonly react: (event: Event, context: SubscriptionContext) => unknown
}

/** Where a new subscription begins: with events that are recorded from now on, with the first, or after a position. */
export type From = 'now' | 'start' | Position

/** What a handler of a subscription has besides its event. */
export interface SubscriptionContext {
  /**
   * The app, acting because of the event: what it records has the correlation of the event and the event as its cause. Commands that it
   * opens take effect once, however often the event is handled, as long as the handler sends them in the same order.
   */
  readonly app: App
  /** Ends when the process must give the event up: it stops, or another process took over. */
  readonly signal: AbortSignal
}

/** A handler for each event type; the others are not for it. */
export type Reactions<E extends Events, C> = {
  readonly [T in TypeOf<E>]?: (event: EventOf<E, T>, context: C) => unknown
}

/** How a subscription is run. */
export interface SubscriptionOptions<E extends Events> extends ProcessorOptions {
  /** Where it begins when it is new: `'start'`. */
  readonly from?: From
  /** What is one queue, by default the stream: its events are handled in order, and wait behind one that fails. */
  readonly by?: (event: EventOf<E>) => string
}

/**
 * A subscription: its handlers are run for each event at least once, in the order of each queue, in one process at a
 * time. It is never run again by a rebuild. What a handler returns is awaited; what it throws is tried again, and parked at last.
 *
 * @throws MisuseError `ANNALS_OPTION` for a handler of an event that is not in the set, or an option that cannot be.
 */
export function subscription<E extends Events>(
  name: string,
  events: E,
  definition: Reactions<E, SubscriptionContext> & SubscriptionOptions<E>,
): Subscription {
  checkProcessorName('subscription', name)
  const { from = 'start', by } = definition
  if (from !== 'now' && from !== 'start' && !(Number.isSafeInteger(from) && from >= 0))
    misuse(`subscription ${name}: from is ${String(from)}; it takes 'start', 'now' or a position`)
  if (by !== undefined && typeof by !== 'function')
    misuse(`subscription ${name}: by takes a function from an event to a text`)
  const handlers = handlersOf(`subscription ${name}`, events, definition, [
    'from',
    'by',
    'retry',
    'slices',
  ])
  return Object.freeze({
    kind: 'subscription',
    name,
    version: '1',
    events,
    types: [...handlers.keys()],
    from,
    queueOf: by as ((event: Event) => string) | undefined,
    react: (event: Event, context: SubscriptionContext) =>
      handlers.get(event.type)?.(event, context),
    ...processorSettings(`subscription ${name}`, definition),
  })
}

/** The handlers of a definition, without its settings. */
// who asks says what its handlers are given
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function handlersOf<C>(
  what: string,
  events: Events,
  definition: object,
  settings: readonly string[],
): ReadonlyMap<string, (event: Event, context: C) => unknown> {
  const handlers = new Map<string, (event: Event, context: C) => unknown>()
  for (const [key, value] of Object.entries<unknown>({ ...definition })) {
    if (settings.includes(key)) continue
    if (!Object.hasOwn(events, key) || typeof value !== 'function')
      misuse(`${what}: ${key} is neither an event of the set nor a setting`)
    handlers.set(key, value as (event: Event, context: C) => unknown)
  }
  if (handlers.size === 0) misuse(`${what} handles no event; give it a handler`)
  return handlers
}
