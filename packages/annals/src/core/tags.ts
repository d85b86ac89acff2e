import { InvalidError, misuse } from './errors.ts'
import type { Events } from './event.ts'

/** The tags of an event, as a store keeps them: the values of the fields that are named. */
export function tagsOf(type: string, names: readonly string[], data: unknown): readonly string[] {
  if (names.length === 0 || typeof data !== 'object' || data === null) return []
  const found = names.flatMap((name) =>
    valuesOf(data, name).map((value) => {
      if (isTaggable(value)) return tagText(name, value)
      return misuse(`tag ${name} of ${type} must be a text or a number, or a list of them`)
    }),
  )
  return [...new Set(found)]
}

/**
 * Refuses an event whose schema makes another value of a tag: it is found by what was given, and its
 * handlers would see something else. What a schema leaves out, or makes no text or number of, is not
 * compared.
 *
 * @throws InvalidError `ANNALS_INVALID_EVENT`, with the tag as path.
 */
export function checkTagsKept(
  type: string,
  names: readonly string[],
  input: unknown,
  output: unknown,
): void {
  if (names.length === 0 || input === output || typeof output !== 'object' || output === null)
    return
  const before = tagsOf(type, names, input)
  for (const name of names)
    for (const value of valuesOf(output, name))
      if (isTaggable(value) && !before.includes(tagText(name, value)))
        throw new InvalidError('ANNALS_INVALID_EVENT', type, [
          {
            path: name,
            message:
              `its schema makes ${JSON.stringify(value)} of this tag, by which the event would not be found; ` +
              'give that value, since a tag takes no default and no transform',
          },
        ])
}

/**
 * The tags that are asked for, as a store keeps them; `who` asks.
 *
 * @throws MisuseError `ANNALS_OPTION` for a tag that no event of the set carries, or that has no value.
 */
export function tagTexts(
  events: Events,
  wanted: Readonly<Record<string, unknown>>,
  who: string,
): readonly string[] {
  const definitions = Object.values(events).map((type) => type['~definition'])
  return Object.entries(wanted).map(([name, value]) => {
    if (!definitions.some(({ tags }) => tags.includes(name))) {
      const known = new Set(definitions.flatMap(({ tags }) => tags))
      misuse(`${who}: no event has a tag ${name}; there is ${[...known].join(', ') || 'none'}`)
    }
    if (isTaggable(value)) return tagText(name, value)
    return misuse(`${who}: tag ${name} is ${String(value)}; it takes a text or a number`)
  })
}

function valuesOf(data: object, name: string): readonly unknown[] {
  const value = Object.hasOwn(data, name) ? (data as Record<string, unknown>)[name] : undefined
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.filter((one) => one !== undefined && one !== null)
}

function isTaggable(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function tagText(name: string, value: string | number): string {
  return `${name}:${value}`
}
