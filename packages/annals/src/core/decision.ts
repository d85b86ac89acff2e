import { misuse } from './errors.ts'
import { united, type Events, type NewEventOf } from './event.ts'
import type { Slice } from './fold.ts'

/** The parts of a boundary, by name. */
// the slices of a boundary are of different sets and states, which only `any` lets them keep
// oxlint-disable-next-line typescript/no-explicit-any
export type Slices = Readonly<Record<string, Slice<any, any>>>

/** The states of a boundary, by the names of its parts. */
export type StatesOf<X> = {
  readonly [K in keyof X]: X[K] extends Slice<infer _E, infer S> ? S : never
}
/** The sets of events behind a boundary. */
export type EventsIn<X> = {
  readonly [K in keyof X]: X[K] extends Slice<infer E, infer _S> ? E : never
}[keyof X]

/** A command whose boundary is a query instead of one stream: a dynamic consistency boundary. */
export interface Decision<A extends readonly unknown[], X, E extends Events = Events> {
  readonly boundary: (...args: A) => X
  readonly decide: (states: never, ...args: A) => unknown
  readonly '~events'?: E
}

/**
 * A decision over any boundary: the queries behind its folds are the condition of its append, for the
 * types that the folds handle (https://dcb.events).
 */
export function decision<A extends readonly unknown[], const X extends Slices>(
  boundary: (...args: A) => X,
  decide: (
    states: StatesOf<X>,
    // `A` itself, but not inferred from here, and seen as a tuple, so that `decide` may take fewer
    ...args: A extends infer B extends readonly unknown[] ? B : never
  ) => NewEventOf<EventsIn<X>> | readonly NewEventOf<EventsIn<X>>[] | void,
): Decision<A, X, EventsIn<X>> {
  // its arguments are `A`
  return { boundary, decide: decide as unknown as (states: never, ...args: A) => unknown }
}

/** The parts of a boundary as the library handles them, whatever their events and states. */
export type PlainSlices = Readonly<Record<string, Slice<Events, unknown>>>

/** The parts of a decision's boundary for its arguments. */
export function slicesOf<A extends readonly unknown[]>(
  { boundary }: Decision<A, unknown>,
  args: A,
): PlainSlices {
  const slices = boundary(...args) as PlainSlices // `decision` takes no other boundary
  for (const [name, slice] of Object.entries<Partial<PlainSlices[string]>>(slices))
    if (!slice.tags)
      misuse(
        `the part ${name} of the boundary is no slice; give a fold with where(…): its tags, or {} for all`,
      )
  return slices
}

/** The events that a decision may add: those of all of its parts. */
export function eventsIn(slices: PlainSlices): Events {
  return united(Object.values(slices).map(({ fold }) => fold.events))
}
