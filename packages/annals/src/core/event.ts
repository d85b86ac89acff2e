import { misuse } from './errors.ts'
import { checkOptions } from './options.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'
import { isVersioned, type Step } from './versioned.ts'

/** An event that was decided and not yet recorded. */
export interface NewEvent<T extends string = string, Data = unknown> {
  readonly type: T
  readonly data: Data
}

/** An event as it was recorded: an immutable fact, with its place and its time. */
export interface Event<T extends string = string, Data = unknown> extends NewEvent<T, Data> {
  readonly id: string
  /** Whose it is; '' for a program without tenants. */
  readonly tenant: string
  readonly stream: { readonly category: string; readonly id: string }
  /** Its place in its stream: 1, 2, 3 … without holes. */
  readonly version: number
  /** Its place in the one order of the store. While a command decides it is not known yet, and 0. */
  readonly position: number
  /** When the store recorded it. */
  readonly at: Date
  readonly tags: readonly string[]
  readonly metadata: Metadata
}

/** How an event came to be. */
export interface Metadata {
  /** Who asked for it. */
  readonly actor?: string
  /** What belongs together: inherited from the cause, or new. */
  readonly correlation: string
  /** The id of the event or command that caused it. */
  readonly causation: string
  /** The command that decided it; `arguments` where they were checked by a schema. */
  readonly command?: { readonly name: string; readonly arguments?: unknown }
  /** The W3C trace context it was recorded in. */
  readonly traceparent?: string
}

/** One declared type of event: call it to make one, pass it on to say which. */
export interface EventType<T extends string, In, Out, Tag extends string = never> {
  (data: In): NewEvent<T, In>
  readonly type: T
  /** The schema of its newest version. */
  readonly schema: Schema<In, Out>
  readonly '~definition': EventDefinition
  readonly '~tags'?: Tag | undefined
}

/** What the library knows of an event type. */
export interface EventDefinition {
  readonly type: string
  /** Every version of its schema, the oldest first, each with the step to it from the one before. */
  readonly versions: readonly Step[]
  readonly tags: readonly string[]
  /** Names it had before. */
  readonly formerly: readonly string[]
  /** Types that are skipped wherever its set is read. */
  readonly retired: readonly string[]
}

// the payloads of a set differ, and only `any` lets each keep its own
// oxlint-disable-next-line typescript/no-explicit-any
export type Events = Readonly<Record<string, EventType<string, any, any, any>>>
/** The names of events; a key that begins with a lower-case letter is a setting. */
export type TypeOf<E> = Exclude<keyof E & string, Uncapitalize<string>>
/** What an event is made of. */
export type InputOf<E extends Events, T extends TypeOf<E>> = Parameters<E[T]>[0]
/** What a handler of an event sees. */
export type DataOf<E extends Events, T extends TypeOf<E>> =
  E[T] extends EventType<T, infer _In, infer Out, infer _Tag> ? Out : never
/** The recorded events of a set. */
export type EventOf<E extends Events, T extends TypeOf<E> = TypeOf<E>> = {
  [K in T]: Event<K, DataOf<E, K>>
}[T]
/** The new events of a set, or of any of several. */
export type NewEventOf<E> = E extends Events
  ? { [K in TypeOf<E>]: NewEvent<K, InputOf<E, K>> }[TypeOf<E>]
  : never
/** The tags that events of a set carry. */
export type TagOf<E extends Events> = {
  // oxlint-disable-next-line typescript/no-explicit-any
  [K in TypeOf<E>]: E[K] extends EventType<string, any, any, infer Tag> ? Tag : never
}[TypeOf<E>]

/** A schema per event type. */
export type Schemas = Readonly<Record<string, Schema>>
/** The keys of each member of a union, where `keyof` gives only those they share. */
export type KeysOfEach<T> = T extends unknown ? keyof T : never
/** A field of any of the schemas. */
export type FieldOf<S extends Schemas> = KeysOfEach<SchemaInput<S[keyof S]>> & string
/** Refuses event types that begin with a lower-case letter: those keys are settings. */
export type Capitalised<S> = {
  readonly [K in keyof S & Uncapitalize<string>]: 'an event type begins with a capital letter'
}

/** How a set of events is kept and read. */
export interface EventOptions<S extends Schemas, Tag extends string> {
  /** Fields whose values are indexed, so that `where` and decisions find the event by them. */
  readonly tags?: readonly Tag[]
  /** Old type names in the store, and what they are called now. */
  readonly renamed?: Readonly<Record<string, keyof S & string>>
  /** Types in the store that mean nothing any more, and are skipped. */
  readonly retired?: readonly string[]
}

/** The set that `events` makes: a function per type. */
export type EventsOf<S extends Schemas, Tag extends string> = {
  readonly [T in keyof S & string]: EventType<
    T,
    SchemaInput<S[T]>,
    SchemaOutput<S[T]>,
    Tag & KeysOfEach<SchemaInput<S[T]>>
  >
}

/**
 * Declares events by a Standard Schema each. The input is checked and stored as JSON; reading parses
 * it again, so handlers always see the schema's output.
 *
 * @throws MisuseError `ANNALS_OPTION` when a name cannot be an event's, or two mean the same.
 */
export function events<S extends Schemas, const Tag extends FieldOf<S> = never>(
  schemas: S & Capitalised<S>,
  options: EventOptions<S, Tag> = {},
): EventsOf<S, Tag> {
  checkOptions('events', options, ['tags', 'renamed', 'retired'])
  const { tags = [], renamed = {}, retired = [] } = options
  for (const [type, schema] of Object.entries<Partial<Schema> | undefined>(schemas)) {
    if (!/^\p{Lu}/u.test(type)) misuse(`event type ${type} must begin with a capital letter`)
    if (!schema?.['~standard'])
      misuse(`event ${type} needs a Standard Schema, such as zod's, valibot's or arktype's`)
  }
  for (const tag of tags) if (tag.includes(':')) misuse(`tag ${tag} must not have a colon in it`)
  for (const [old, type] of Object.entries(renamed)) {
    if (!Object.hasOwn(schemas, type))
      misuse(`renamed: ${old} is now ${type}, which is not declared`)
    if (Object.hasOwn(schemas, old)) misuse(`renamed: ${old} is still declared`)
  }
  for (const type of retired)
    if (Object.hasOwn(schemas, type) || Object.hasOwn(renamed, type))
      misuse(`retired: ${type} is still declared or renamed`)
  const set = Object.entries<Schema>(schemas).map(([type, schema]) => [
    type,
    eventType({
      type,
      versions: isVersioned(schema) ? schema['~versions'] : [{ schema }],
      tags,
      formerly: Object.keys(renamed).filter((old) => renamed[old] === type),
      retired,
    }),
  ])
  // each entry is the event type of its key, which Object.fromEntries cannot say
  return Object.freeze(Object.fromEntries(set)) as EventsOf<S, Tag>
}

function eventType(definition: EventDefinition): Events[string] {
  const { type } = definition
  return Object.freeze(
    Object.assign((data: unknown): NewEvent => ({ type, data }), {
      type,
      schema: newestOf(definition).schema,
      '~definition': Object.freeze(definition),
    }),
  )
}

/** The version of an event's schema that new events have. */
export function newestOf({ versions }: EventDefinition): Step {
  // a definition has at least one version
  return versions[versions.length - 1] as Step
}

/**
 * Several sets as one.
 *
 * @throws MisuseError `ANNALS_OPTION` when they mean different things by one name, new or old.
 */
export function united(sets: readonly Events[]): Events {
  const [first, ...others] = new Set(sets)
  if (first && others.length === 0) return checkSet(first)
  const types = sets.flatMap((set) => Object.entries(set))
  for (const [name, type] of types)
    if (types.some(([other, meaning]) => other === name && meaning !== type)) declaredTwice(name)
  return checkSet(Object.fromEntries(types))
}

const checkedSets = new WeakSet<Events>()

/** Refuses a set, which may be merged of several, in which a name has two meanings. */
export function checkSet(set: Events): Events {
  if (checkedSets.has(set)) return set
  const known = new Map<string, EventDefinition>()
  for (const [key, { type, '~definition': definition }] of Object.entries(set)) {
    if (key !== type) misuse(`event ${type} is named ${key} in a set; give it its own name`)
    for (const name of [type, ...definition.formerly]) {
      if ((known.get(name) ?? definition) !== definition) declaredTwice(name)
      known.set(name, definition)
    }
  }
  for (const { type, retired } of known.values())
    for (const name of retired)
      if (known.has(name))
        misuse(`event ${name} is retired in the set of ${type}, and declared in another`)
  checkedSets.add(set)
  return set
}

function declaredTwice(name: string): never {
  misuse(`event ${name} is declared twice; declare it once, and share the set`)
}
