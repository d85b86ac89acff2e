import { misuse } from './errors.ts'
import { checkOptions } from './options.ts'
import type { DataOf, Event, EventOf, Events, TagOf, TypeOf } from './event.ts'
import { tagTexts } from './tags.ts'

/** How state follows from events. */
export interface Fold<E extends Events, S> {
  readonly events: E
  readonly initial: S
  /** Raised when the meaning of the state changes: what was kept of an older one is worthless then. */
  readonly version: number
  /** The event types that have a handler. */
  readonly types: readonly string[]
  /** How a state is kept where JSON alone would lose something of it. */
  readonly state?: StateCodec<S>
  /** The state after an event. */
  apply(state: S, event: Event): S
  /**
   * This fold over the events that carry all of these tags: a part of a decision's boundary.
   *
   * @throws MisuseError `ANNALS_OPTION` for a tag that no event has, or without a value.
   */
  where(tags: TagsOf<E>): Slice<E, S>
}

/** A state as JSON, and back. */
export interface StateCodec<S> {
  /** Gives what JSON keeps as it is: plain objects and arrays of strings, numbers, booleans and null. */
  // of methods, so that a fold of one state is still a fold of any
  encode(state: S): unknown
  decode(kept: unknown): S
}

/** How a fold is kept. */
export interface FoldOptions<S> {
  readonly state?: StateCodec<S>
}

/** A state as JSON gives it back: the same where it loses nothing, and `never` in place of what it loses. */
export type AsJson<S> = S extends string | number | boolean | null | undefined
  ? S
  : S extends
        | bigint
        | symbol
        | ((...args: never) => unknown)
        | { toJSON(): unknown }
        | ReadonlyMap<unknown, unknown>
        | ReadonlySet<unknown>
        | RegExp
    ? never
    : S extends object
      ? { [K in keyof S]: AsJson<S[K]> }
      : unknown

/** The tags to look for in a set: all of those that are named. */
export type TagsOf<E extends Events> = [TagOf<E>] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [K in TagOf<E>]?: string | number }

/** A fold over the events that carry some tags. */
export interface Slice<E extends Events, S> {
  readonly fold: Fold<E, S>
  readonly tags: readonly string[]
}

/** One pure function per event type; a type without one leaves the state as it is. */
export type Handlers<E extends Events, S> = {
  readonly [T in TypeOf<E>]?: (state: S, data: DataOf<E, T>, event: EventOf<E, T>) => S
}

type Handler<S> = (state: S, data: unknown, event: Event) => S

const settings = ['initial', 'version']

/**
 * State as a fold of events: where it begins, and one pure function per event type. `state` says how to keep a state
 * that JSON does not give back, for views and snapshots.
 *
 * @throws MisuseError `ANNALS_OPTION` for a handler of an event that is not in the set.
 */
export function fold<E extends Events, S, Kept = unknown>(
  events: E,
  definition: Handlers<E, NoInfer<S>> & { readonly initial: S; readonly version?: number },
  options?: Kept & FoldOptions<NoInfer<S>>,
): Fold<E, S> & Kept {
  const { initial, version = 1 } = definition
  checkOptions('fold', options ?? {}, ['state'])
  const { state: codec }: FoldOptions<S> = options ?? {}
  // without a prototype, so that an event named like a method of objects finds no handler
  const handlers: Record<string, Handler<S>> = Object.create(null) as Record<string, Handler<S>>
  for (const [key, value] of Object.entries<unknown>(definition)) {
    if (settings.includes(key)) continue
    if (!Object.hasOwn(events, key) || typeof value !== 'function')
      misuse(`fold: ${key} is neither an event of the set nor a setting`)
    handlers[key] = value as Handler<S>
  }
  const made: Fold<E, S> = {
    events,
    initial: freeze(initial), // every aggregate begins with this one
    version,
    types: Object.keys(handlers),
    ...(codec && { state: codec }),
    apply(state, event) {
      const handler = handlers[event.type]
      return handler ? handler(state, event.data, event) : state
    },
    where: (tags) => ({ fold: made, tags: tagTexts(events, tags, 'where') }),
  }
  return made as Fold<E, S> & Kept // which has `state` where it was given
}

const frozen = new WeakSet()
const changing = ['set', 'add', 'delete', 'clear']

/** Makes a value, and all in it, impossible to change: who writes to it fails at once. */
export function freeze<T>(value: T): T {
  // as most states are: a sixth of the time (60 ns against 370 for three fields, Node 24)
  return isFlat(value) ? Object.freeze(value) : freezeWhole(value)
}

/** Whether it is a plain object of texts, numbers and the like. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.values(value).every((part) => typeof part !== 'object' || part === null)
}

function freezeWhole<T>(value: T): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value
  if (ArrayBuffer.isView(value)) return value // bytes cannot be frozen
  frozen.add(value) // before its parts, which may hold it
  if (value instanceof Map || value instanceof Set) {
    for (const [key, part] of value.entries()) {
      freezeWhole(key)
      freezeWhole(part)
    }
    // freezing keeps nobody from changing the entries
    for (const name of changing) if (name in value) shadow(value, name)
  }
  if (value instanceof Date)
    for (const name of Object.getOwnPropertyNames(Date.prototype))
      if (name.startsWith('set')) shadow(value, name)
  for (const part of Object.values(Object.freeze(value))) freezeWhole(part)
  return value
}

function shadow(value: object, method: string): void {
  Object.defineProperty(value, method, {
    value: () => {
      throw new TypeError(
        `${method} would change a state, which is never changed: a handler gives a new one`,
      )
    },
  })
}
