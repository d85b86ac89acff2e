import { chain, inOrder, type Awaitable } from '../core/awaitable.ts'
import { UnknownEventError } from '../core/errors.ts'
import { upcast, type CheckedEvent } from '../core/checking.ts'
import { checkSet, type Event, type EventDefinition, type Events } from '../core/event.ts'
import { RecordedEvent } from '../core/recorded-event.ts'
import type { Draft, StoredEvent, StreamName } from './store.ts'

/** A checked event as the store takes it. */
export function encode(
  event: CheckedEvent,
  place: { readonly id: string; readonly stream: StreamName; readonly metadata: string },
): Draft {
  const { type, schemaVersion, json: data, tags } = event
  return { ...place, type, schemaVersion, data, tags }
}

/** Reads stored events of one set of types: old names, old versions and retired types included. */
export interface Codec {
  /**
   * A page of stored events as handlers see them, without the retired ones; a page at a time, and at
   * once unless a schema is asynchronous.
   *
   * @throws UnknownEventError for a type, or a version of one, that the set does not declare.
   * @throws InvalidError `ANNALS_INVALID_EVENT` when the stored data does not satisfy its schema.
   */
  readonly decode: (page: readonly StoredEvent[]) => Awaitable<readonly Event[]>
  /** The names under which the store may hold events of these types. */
  readonly namesOf: (types: readonly string[]) => readonly string[]
}

const codecs = new WeakMap<Events, Codec>()

/** The codec of a set of events, made once. */
export function codecOf(events: Events): Codec {
  const known = codecs.get(events)
  if (known) return known
  const made = makeCodec(events)
  codecs.set(events, made)
  return made
}

function makeCodec(events: Events): Codec {
  checkSet(events)
  const definitions = Object.values(events).map((type) => type['~definition'])
  const byName = new Map<string, EventDefinition>()
  for (const definition of definitions)
    for (const name of [definition.type, ...definition.formerly]) byName.set(name, definition)
  const retired = new Set(definitions.flatMap((definition) => definition.retired))
  const declares = (stored: StoredEvent): boolean =>
    byName.has(stored.type) || !retired.has(stored.type)

  return {
    decode: (page) => {
      const kept = retired.size === 0 ? page : page.filter(declares)
      return inOrder(kept, (stored) => decodeOne(byName.get(stored.type), stored))
    },
    namesOf: (types) => types.flatMap((type) => [type, ...(byName.get(type)?.formerly ?? [])]),
  }
}

function decodeOne(definition: EventDefinition | undefined, stored: StoredEvent): Awaitable<Event> {
  if (!definition) throw unknown(stored, `declare ${stored.type}, or name it in renamed or retired`)
  if (stored.schemaVersion > definition.versions.length)
    throw unknown(stored, 'deploy the newer program, which declares it')
  const data = upcast(definition, stored.schemaVersion, JSON.parse(stored.data), () =>
    placeOf(stored),
  )
  return chain(data, (value) => restore(stored, value, definition.type))
}

/** A stored event whose data is known already. */
export function restore(stored: StoredEvent, data: unknown, type: string = stored.type): Event {
  return new RecordedEvent(type, data, stored)
}

function unknown(stored: StoredEvent, todo: string): UnknownEventError {
  return new UnknownEventError(stored.type, `${placeOf(stored)} is not declared; ${todo}`)
}

function placeOf({ type, schemaVersion, stream, version }: StoredEvent): string {
  return `${type} of schema version ${schemaVersion} (${stream.category}/${stream.id}, version ${version})`
}
