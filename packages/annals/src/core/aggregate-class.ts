import {
  checkAggregate,
  checkCommands,
  type AggregateOptions,
  type Invariants,
} from './aggregate.ts'
import { check, type CheckedEvent } from './checking.ts'
import { misuse } from './errors.ts'
import type { Event, Events, InputOf, NewEvent, TypeOf } from './event.ts'
import type { Fold } from './fold.ts'
import { atOnce } from './schema.ts'

/** Makes an event that a fold takes of one that was checked and is not recorded yet. */
export type Pending = (checked: CheckedEvent) => Event

/** What one command of a class works on. */
interface Turn {
  state: unknown
  readonly fold: Fold<Events, unknown>
  readonly pending: Pending
  readonly recorded: CheckedEvent[]
}

let begin: (root: AggregateRoot<Events, unknown>, turn: Turn | undefined) => void

/** What a class made by `Aggregate` inherits: its state, its id, and `record`. */
export class AggregateRoot<E extends Events, S> {
  static {
    begin = (root, turn) => {
      root.#turn = turn
    }
  }

  readonly id: string
  #turn: Turn | undefined

  constructor(id: string) {
    this.id = id
  }

  /** The state as folded so far, with what this command has recorded. */
  get state(): S {
    // the turn is made of this class's own fold
    return this.#current().state as S
  }

  /**
   * Adds an event; the state has it at once.
   *
   * @throws InvalidError when the data does not satisfy the schema.
   */
  protected record<T extends TypeOf<E>>(type: T, data: InputOf<E, T>): void {
    const turn = this.#current()
    const event: NewEvent = { type, data }
    const checked = atOnce(check(turn.fold.events, event), type)
    turn.state = turn.fold.apply(turn.state, turn.pending(checked))
    turn.recorded.push(checked)
  }

  #current(): Turn {
    if (this.#turn) return this.#turn
    misuse('an aggregate has its state, and records, only while one of its commands runs')
  }
}

/** A class of aggregates. */
export interface AggregateClass<E extends Events, S> {
  new (id: string): AggregateRoot<E, S>
  readonly category: string
  readonly fold: Fold<E, S>
  readonly invariants: Invariants<S>
}

/**
 * The class to extend for an aggregate whose commands are methods: each reads `state`, and calls `record`.
 *
 * @throws MisuseError `ANNALS_OPTION` for the category `fact`, which belongs to decisions.
 */
export function Aggregate<E extends Events, S>(
  category: string,
  fold: Fold<E, S>,
  options: AggregateOptions<NoInfer<S>> = {},
): AggregateClass<E, S> {
  const checked = checkAggregate(category, options)
  return class extends AggregateRoot<E, S> {
    static readonly category = category
    static readonly fold = fold
    static readonly invariants = checked.invariants
  }
}

/** Runs one method on a fresh instance, and gives what it recorded. */
export function runMethod(
  type: AggregateClass<Events, unknown>,
  call: { readonly id: string; readonly name: string; readonly args: readonly unknown[] },
  state: unknown,
  pending: Pending,
): {
  readonly recorded: readonly CheckedEvent[]
  readonly returned: unknown
  readonly after: unknown
} {
  const root = new type(call.id)
  const turn: Turn = { state, fold: type.fold, pending, recorded: [] }
  begin(root, turn)
  // `methodsOf` listed the name from this class's prototype
  const commands = root as unknown as Record<string, (...args: readonly unknown[]) => unknown>
  try {
    const returned = commands[call.name]?.(...call.args)
    return { recorded: turn.recorded, returned, after: turn.state }
  } finally {
    begin(root, undefined) // what comes later, of a timer or a promise, would be lost in silence
  }
}

const methods = new WeakMap<object, readonly string[]>()

/**
 * The names of the methods that are commands.
 *
 * @throws MisuseError `ANNALS_OPTION` for a function that is a property of each instance: no command.
 */
export function methodsOf(type: AggregateClass<Events, unknown>): readonly string[] {
  const known = methods.get(type)
  if (known) return known
  const names = findMethods(type)
  checkCommands(type.category, names)
  for (const [name, value] of Object.entries(ownProperties(type)))
    if (typeof value === 'function')
      misuse(
        `${type.category}.${name} is a property that holds a function; write it as a method: ${name}() { … }`,
      )
  methods.set(type, names)
  return names
}

/** What an instance has beside its methods, as far as one can be made without an id. */
function ownProperties(type: AggregateClass<Events, unknown>): Record<string, unknown> {
  try {
    return new type('') as object as Record<string, unknown>
  } catch {
    return {} // its constructor takes not every id
  }
}

function findMethods(type: AggregateClass<Events, unknown>): readonly string[] {
  const names = new Set<string>()
  let prototype: unknown = type.prototype
  while (prototype && prototype !== AggregateRoot.prototype) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (name !== 'constructor' && typeof value === 'function') names.add(name)
    prototype = Object.getPrototypeOf(prototype)
  }
  return [...names]
}
