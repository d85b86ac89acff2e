import { misuse, RejectedError } from './errors.ts'
import type { Events, NewEventOf } from './event.ts'
import type { Fold } from './fold.ts'
import { checkOptions } from './options.ts'
import type { Schema } from './schema.ts'

/** What a command decides: one event, several, or none. */
export type Decided<E extends Events> = NewEventOf<E> | readonly NewEventOf<E>[] | void

/** The commands of an aggregate: each decides on the state, and takes what it likes. */
export type Commands<E extends Events, S> = Readonly<
  // each command has arguments of its own, which only `any` lets it keep
  // oxlint-disable-next-line typescript/no-explicit-any
  Record<string, (state: S, ...args: any[]) => Decided<E>>
>

/** A command whose argument is checked by a schema, so that it can also be called by name. */
export interface Command<S, In, Out, D> {
  (state: S, ...input: undefined extends In ? [input?: In] : [input: In]): D
  readonly schema: Schema<In, Out>
}

/** Conditions on the state after every command, by the sentence that a caller is told when one breaks. */
export type Invariants<S> = Readonly<Record<string, (state: S) => boolean>>

/** What may be said of an aggregate beyond its commands. */
export interface AggregateOptions<S> {
  readonly invariants?: Invariants<S>
}

/** An aggregate written as functions. */
export interface AggregateType<E extends Events, S, M> {
  readonly category: string
  readonly fold: Fold<E, S>
  readonly commands: Commands<E, S>
  readonly invariants: Invariants<S>
  readonly '~methods'?: M
}

/** The arguments of a command after the state. */
export type ArgumentsOf<F> = F extends (state: never, ...args: infer A) => unknown ? A : never

/**
 * An aggregate: a category of streams, the fold that gives its state, and the commands that decide.
 *
 * @throws MisuseError `ANNALS_OPTION` for the category `fact`, which belongs to decisions, and for a
 *   command named `then`.
 */
export function aggregate<E extends Events, S, C extends Commands<E, S>>(
  category: string,
  fold: Fold<E, S>,
  commands: C,
  options: AggregateOptions<NoInfer<S>> = {},
): AggregateType<E, S, { [K in keyof C]: (...args: ArgumentsOf<C[K]>) => void }> {
  const { invariants } = checkAggregate(category, options)
  checkCommands(category, Object.keys(commands))
  return { category, fold, commands, invariants }
}

/** A command whose argument is checked by a schema before it decides. */
export function command<S, In, Out, D>(
  schema: Schema<In, Out>,
  decide: (state: S, input: Out) => D,
): Command<S, In, Out, D> {
  // the library parses the argument by `schema` before the call, so `decide` is given its output
  return Object.assign((state: S, input?: unknown) => decide(state, input as Out), { schema })
}

/** Refuses a command: nothing is appended, nothing is tried again, and the caller is told the reason. */
export function reject(reason: string): never {
  throw new RejectedError(reason)
}

/** The category of the events that decisions add, a stream each. */
export const factCategory = 'fact'

/** What either style of aggregate is made of, checked. */
export function checkAggregate<S>(
  category: string,
  options: AggregateOptions<S>,
): Required<AggregateOptions<S>> {
  if (category === '' || category === factCategory)
    misuse(
      `category ${JSON.stringify(category)} cannot be an aggregate's: '${factCategory}' holds what decisions add`,
    )
  checkOptions(`aggregate ${category}`, options, ['invariants'])
  return { invariants: options.invariants ?? {} }
}

/** Refuses a handle that JavaScript would take for a promise. */
export function checkCommands(category: string, names: readonly string[]): void {
  if (names.includes('then'))
    misuse(
      `aggregate ${category}: a command named then would make await call it; name it otherwise`,
    )
}
