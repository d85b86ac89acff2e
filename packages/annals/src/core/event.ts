import { chain, type Awaitable } from './awaitable.ts'
import { InvalidError, MisuseError, type Issue } from './errors.ts'
import { difference, toJson } from './json.ts'
import { parse, type Schema, type SchemaInput, type SchemaOutput } from './schema.ts'
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
    Tag & keyof SchemaInput<S[T]>
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
  const { tags = [], renamed = {}, retired = [] } = options
  for (const type of Object.keys(schemas))
    if (!/^\p{Lu}/u.test(type)) misuse(`event type ${type} must begin with a capital letter`)
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
  const { type, versions } = definition
  return Object.freeze(
    Object.assign((data: unknown): NewEvent => ({ type, data }), {
      type,
      schema: newest(versions).schema,
      '~definition': Object.freeze(definition),
    }),
  )
}

/** An event whose data was checked: ready to be stored, and to be folded. */
export interface CheckedEvent {
  readonly type: string
  readonly schemaVersion: number
  /** What was given, and what a handler sees of it. */
  readonly input: unknown
  readonly data: unknown
  /** The input as JSON text. */
  readonly json: string
  readonly tags: readonly string[]
}

/**
 * Checks an event against its declaration.
 *
 * @throws InvalidError `ANNALS_INVALID_EVENT` or `ANNALS_NOT_JSON`, with the paths.
 */
export function check(types: Events, event: NewEvent): Awaitable<CheckedEvent> {
  const declared = declarationOf(types, event.type)
  const { versions, tags } = declared['~definition']
  const { schema } = newest(versions)
  const { type, data: input } = event
  const parsed = (value: unknown) => parse(schema, value, invalid(type))
  return chain(parsed(input), (data) => {
    const { text: json, exact } = toJson(input, type)
    const checked = { type, schemaVersion: versions.length, input, data, json }
    const done = { ...checked, tags: tagsOf(type, tags, input) }
    // a schema that changed nothing in a value that JSON keeps finds the same value when it reads
    if (exact && difference(input, data) === undefined) return done
    const asStored = parse(schema, JSON.parse(json), ([issue]) => unstable(type, issue?.path ?? ''))
    return chain(asStored, (again) => {
      const path = difference(data, again)
      return path === undefined ? done : unstable(type, path)
    })
  })
}

function unstable(type: string, path: string): never {
  const message =
    'what is stored as JSON is read back as another value; for a date take z.coerce.date() or an ISO text, ' +
    'and make defaults like new ids or the time before the event'
  throw new InvalidError('ANNALS_NOT_JSON', type, [{ path, message }])
}

/** The data of a stored event as its newest version has it, through every upcaster since. */
export function upcast(
  definition: EventDefinition,
  schemaVersion: number,
  stored: unknown,
): Awaitable<unknown> {
  const [first, ...later] = definition.versions.slice(schemaVersion - 1)
  const refuse = invalid(`stored ${definition.type} of version ${schemaVersion}`)
  let data = parse((first as Step).schema, stored, refuse)
  for (const { schema, from } of later)
    data = chain(data, (old) => parse(schema, from?.(old), refuse))
  return data
}

function declarationOf(types: Events, type: string): Events[string] {
  const declared = Object.hasOwn(types, type) ? types[type] : undefined
  return declared ?? misuse(`event ${type} is not declared among ${Object.keys(types).join(', ')}`)
}

function tagsOf(type: string, tags: readonly string[], input: unknown): readonly string[] {
  if (tags.length === 0 || typeof input !== 'object' || input === null) return []
  const found = tags.flatMap((name) => {
    const value = Object.hasOwn(input, name) ? (input as Record<string, unknown>)[name] : undefined
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    return values
      .filter((one) => one !== undefined && one !== null)
      .map((one) => oneTag(type, name, one))
  })
  return [...new Set(found)]
}

function oneTag(type: string, name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return tagText(name, value)
  return misuse(`tag ${name} of ${type} must be a text or a number, or a list of them`)
}

/** A tag as the store keeps it. */
export function tagText(name: string, value: string | number): string {
  return `${name}:${value}`
}

function invalid(subject: string): (issues: readonly Issue[]) => never {
  return (issues) => {
    throw new InvalidError('ANNALS_INVALID_EVENT', subject, issues)
  }
}

function newest(versions: readonly Step[]): Step {
  // a definition has at least one version
  return versions[versions.length - 1] as Step
}

function misuse(message: string): never {
  throw new MisuseError('ANNALS_OPTION', message)
}
