import { chain, type Awaitable } from './awaitable.ts'
import { InvalidError, misuse, type Issue } from './errors.ts'
import { newestOf, type EventDefinition, type Events, type NewEvent } from './event.ts'
import { difference, toJson } from './json.ts'
import { parse } from './schema.ts'
import { checkTagsKept, tagsOf } from './tags.ts'
import type { Step } from './versioned.ts'

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
  const definition = definitionOf(types, event.type)
  const { schema } = newestOf(definition)
  const { type, data: input } = event
  return chain(parse(schema, input, invalid(type)), (data) => {
    const { text: json, exact } = toJson(input, type)
    checkTagsKept(type, definition.tags, input, data)
    const tags = tagsOf(type, definition.tags, input)
    const done = { type, schemaVersion: definition.versions.length, input, data, json, tags }
    // a schema that changed nothing in a value that JSON keeps finds the same value when it reads
    if (exact && difference(input, data) === undefined) return done
    const asStored = parse(schema, JSON.parse(json), ([issue]) =>
      unstable(type, issue?.path ?? '', issue?.message),
    )
    return chain(asStored, (again) => {
      const path = difference(data, again)
      return path === undefined ? { ...done, data: again } : unstable(type, path)
    })
  })
}

function unstable(type: string, path: string, complaint?: string): never {
  const message =
    'what is stored as JSON is read back as another value; for a date take z.coerce.date() or an ISO text, ' +
    'and make defaults like new ids or the time before the event' +
    (complaint ? ` (its schema says of what is stored: ${complaint})` : '')
  throw new InvalidError('ANNALS_NOT_JSON', type, [{ path, message }])
}

/**
 * The data of a stored event as its newest version has it, through every upcaster since; `where` names
 * the event in an error.
 *
 * @throws InvalidError `ANNALS_INVALID_EVENT` when a schema refuses the data, or an upcaster throws.
 */
export function upcast(
  definition: EventDefinition,
  schemaVersion: number,
  stored: unknown,
  where: () => string,
): Awaitable<unknown> {
  const { versions } = definition
  const refuse = (issues: readonly Issue[], cause?: unknown) => invalid(where())(issues, cause)
  let data = parse((versions[schemaVersion - 1] as Step).schema, stored, refuse)
  for (const step of versions.slice(schemaVersion))
    data = chain(data, (old) => parse(step.schema, upcastOnce(step, old, where), refuse))
  return data
}

function upcastOnce({ from }: Step, old: unknown, where: () => string): unknown {
  try {
    return from?.(old)
  } catch (cause) {
    const message = `its upcaster threw ${String(cause)}`
    throw new InvalidError('ANNALS_INVALID_EVENT', where(), [{ path: '', message }], { cause })
  }
}

function definitionOf(types: Events, type: string): EventDefinition {
  const declared = Object.hasOwn(types, type) ? types[type] : undefined
  if (declared) return declared['~definition']
  misuse(`event ${type} is not declared among ${Object.keys(types).join(', ')}`)
}

function invalid(subject: string): (issues: readonly Issue[], cause?: unknown) => never {
  return (issues, cause) => {
    throw new InvalidError('ANNALS_INVALID_EVENT', subject, issues, { cause })
  }
}
