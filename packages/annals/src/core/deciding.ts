import { methodsOf, runMethod, type AggregateClass, type Pending } from './aggregate-class.ts'
import type { AggregateType, Command, Invariants } from './aggregate.ts'
import { chain, inOrder, type Awaitable } from './awaitable.ts'
import { check, type CheckedEvent } from './checking.ts'
import { InvalidError, misuse, RejectedError } from './errors.ts'
import type { Event, Events, NewEvent } from './event.ts'
import type { Fold } from './fold.ts'
import { parse } from './schema.ts'

// the library handles aggregates of every set and state
/* oxlint-disable typescript/no-explicit-any */
/** An aggregate of either style. */
export type AnyAggregate = AggregateType<any, any, any> | AggregateClass<any, any>
/** The state of an aggregate. */
export type StateOf<A> = A extends { readonly fold: Fold<infer _E, infer S> } ? S : never
/** The events of an aggregate. */
export type EventsOfAggregate<A> = A extends { readonly fold: Fold<infer E, infer _S> } ? E : never
/** The commands of an aggregate of either style, with their arguments. */
export type MethodsOf<A> = A extends { readonly '~methods'?: infer M }
  ? NonNullable<M>
  : A extends { readonly prototype: infer P }
    ? P
    : never
/** The commands of an aggregate as methods that give `R`. */
export type Handle<A, R> = {
  readonly [
    K in keyof MethodsOf<A> as MethodsOf<A>[K] extends (...args: any[]) => unknown ? K : never
  ]: MethodsOf<A>[K] extends (...args: infer P) => unknown ? (...args: P) => R : never
}
/* oxlint-enable typescript/no-explicit-any */

/** An aggregate as the library handles it, whatever its events and its state. */
export type PlainAggregate =
  AggregateType<Events, unknown, unknown> | AggregateClass<Events, unknown>

/** Which command of which aggregate, with what. */
export interface Call {
  readonly aggregate: PlainAggregate
  readonly id: string
  readonly name: string
  readonly args: readonly unknown[]
}

/** What is recorded of a command with its events: `arguments` as its schema gave them, where it has one. */
export interface CommandRecord {
  readonly name: string
  readonly arguments?: unknown
}

/** A call whose argument its schema has let through. */
export interface CheckedCall extends Call {
  readonly record: CommandRecord
}

/** The names of the commands that are checked by a schema, which may therefore be run by name. */
export function callableCommands(type: PlainAggregate): readonly string[] {
  if (typeof type === 'function') return []
  const commands = Object.entries<AnyCommand>(type.commands)
  return commands.flatMap(([name, { schema }]) => (schema ? [name] : []))
}

/** A handle whose methods are the commands of an aggregate, each answered by `run`. */
export function handleOf<A extends AnyAggregate, R>(
  type: PlainAggregate,
  run: (name: string, args: readonly unknown[]) => R,
): Handle<A, R> {
  const names = typeof type === 'function' ? methodsOf(type) : Object.keys(type.commands)
  const methods = names.map((name) => [name, (...args: readonly unknown[]) => run(name, args)])
  // the names and arguments are those of the aggregate's own commands
  return Object.fromEntries(methods) as Handle<A, R>
}

/**
 * Checks the argument of a command by its schema, where it has one.
 *
 * @throws InvalidError `ANNALS_INVALID_COMMAND`, with the paths.
 */
export function checkCall(call: Call): Awaitable<CheckedCall> {
  const { aggregate: type, args } = call
  const name = nameOf(call)
  const schema = typeof type === 'function' ? undefined : commandOf(type, call).schema
  if (!schema) return { ...call, record: { name } }
  const parsed = parse(schema, args[0], (issues) => {
    throw new InvalidError('ANNALS_INVALID_COMMAND', name, issues)
  })
  return chain(parsed, (input) => ({ ...call, args: [input], record: { name, arguments: input } }))
}

/** What a command came to: its events, and the state after them. */
export interface DecidedCall {
  readonly events: readonly CheckedEvent[]
  readonly state: unknown
}

/**
 * Runs a command on a state: pure, and at once unless a schema is asynchronous. `pending` makes of a
 * checked event one that a fold takes.
 *
 * @throws RejectedError when the command refuses or an invariant breaks.
 * @throws InvalidError when an event does not satisfy its schema.
 */
export function decideCall(
  call: CheckedCall,
  state: unknown,
  pending: Pending,
): Awaitable<DecidedCall> {
  const { aggregate: type } = call
  if (typeof type !== 'function') return decideByFunction(type, call, state, pending)
  const { recorded, returned, after } = runMethod(type, call, state, pending)
  refusePromise(call.record.name, returned)
  if (recorded.length === 0 && returned !== undefined)
    misuse(
      `${call.record.name} returned a value, which nobody reads; a method adds events by this.record`,
    )
  keep(type.invariants, after)
  return { events: recorded, state: after }
}

function decideByFunction(
  type: AggregateType<Events, unknown, unknown>,
  call: CheckedCall,
  state: unknown,
  pending: Pending,
): Awaitable<DecidedCall> {
  const returned = commandOf(type, call)(state, ...call.args)
  refusePromise(call.record.name, returned)
  return chain(checkAll(type.fold.events, returned), (events) => {
    const after = foldAll(type.fold, state, events.map(pending))
    keep(type.invariants, after)
    return { events, state: after }
  })
}

type AnyCommand = ((state: unknown, ...args: readonly unknown[]) => unknown) &
  Partial<Pick<Command<unknown, unknown, unknown, unknown>, 'schema'>>

function commandOf(type: AggregateType<Events, unknown, unknown>, { name }: Call): AnyCommand {
  // `handleOf` took the name from the commands of this aggregate
  return type.commands[name] as AnyCommand
}

/** Checks what a command or a decision returned: one event, several, or none. */
export function checkAll(types: Events, returned: unknown): Awaitable<readonly CheckedEvent[]> {
  refusePromise('the decision', returned)
  const list: readonly unknown[] = Array.isArray(returned) ? returned : returned ? [returned] : []
  return inOrder(list, (event) => check(types, asEvent(event)))
}

function asEvent(returned: unknown): NewEvent {
  if (typeof returned === 'object' && returned && 'type' in returned) return returned as NewEvent
  return misuse(
    `${inspected(returned)} was decided, which is no event; return what an event type makes: Events.Type(data)`,
  )
}

function inspected(value: unknown): string {
  return typeof value === 'string'
    ? `the text ${JSON.stringify(value)}`
    : `a value of type ${typeof value}`
}

/** The state after a list of events. */
export function foldAll<S>(fold: Fold<Events, S>, state: S, events: readonly Event[]): S {
  let next = state
  for (const event of events) next = fold.apply(next, event)
  return next
}

function keep(invariants: Invariants<unknown>, state: unknown): void {
  for (const [sentence, holds] of Object.entries(invariants))
    if (!holds(state)) throw new RejectedError(sentence)
}

/** Refuses what decides later; `what` is named in the error. */
export function refusePromise(what: string, returned: unknown): void {
  if (!(returned instanceof Promise)) return
  returned.catch(() => undefined) // the error below says what to do
  misuse(`${what} returned a promise; it decides at once, so ask outside and pass in the answer`)
}

/** The name of a command as it is recorded: `account.deposit`. */
export function nameOf({ aggregate: { category }, name }: Call): string {
  return `${category}.${name}`
}
