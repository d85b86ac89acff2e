import { InvalidError } from './errors.ts'
import { toPath } from './path.ts'

/** JSON text, and whether parsing it gives the very value it was made of. */
export interface Json {
  readonly text: string
  readonly exact: boolean
}

const deepest = 1_000

/** JSON that alters nothing: what JSON cannot keep is refused with its path. `subject` names the value. */
export function toJson(value: unknown, subject: string): Json {
  const keys: PropertyKey[] = []
  const refuse = (what: string): never => {
    throw new InvalidError('ANNALS_NOT_JSON', subject, [{ path: toPath(keys), message: what }])
  }
  const exact = inspect(value, keys, refuse)
  return { text: JSON.stringify(value), exact }
}

/** Walks a value before it becomes JSON; true where JSON gives it back as it is. */
function inspect(value: unknown, keys: PropertyKey[], refuse: (what: string) => never): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() || refuse('half a surrogate pair, which is no text')
    case 'boolean':
      return true
    case 'number':
      return inspectNumber(value, refuse)
    case 'object':
      return value === null || inspectObject(value, keys, refuse)
    case 'undefined':
      return refuse(
        keys.length > 0
          ? 'undefined, which JSON does not have'
          : 'undefined, which JSON does not have; for no data take {}, and z.object({}) for its schema',
      )
    case 'bigint':
    case 'symbol':
    case 'function':
      return refuse(`a ${typeof value}, which JSON does not have`)
    default:
      return refuse('a value of no known kind')
  }
}

function inspectNumber(value: number, refuse: (what: string) => never): boolean {
  if (Number.isFinite(value) && !Object.is(value, -0)) return true
  return refuse(
    Object.is(value, -0) ? '-0, which JSON writes as 0' : `${value}, which JSON writes as null`,
  )
}

function inspectObject(
  value: object,
  keys: PropertyKey[],
  refuse: (what: string) => never,
): boolean {
  if (keys.length >= deepest) refuse(`nested deeper than ${deepest} levels, or within itself`)
  if (Object.getOwnPropertySymbols(value).length > 0)
    refuse('a property named by a symbol, which JSON does not have')
  if (Array.isArray(value)) {
    if (Object.keys(value).length > value.length)
      refuse('an array with properties of its own, which JSON does not have')
    let exact = true
    for (let index = 0; index < value.length; index++) {
      keys.push(index)
      exact = inspect(value[index], keys, refuse) && exact
      keys.pop()
    }
    return exact
  }
  if (writesItself(value)) {
    inspect(value.toJSON(), keys, refuse)
    return false
  }
  if (!isPlain(value))
    refuse(`an instance of ${classOf(value)}, of which JSON would lose the class`)
  return inspectRecord(value as Readonly<Record<string, unknown>>, keys, refuse)
}

function inspectRecord(
  value: Readonly<Record<string, unknown>>,
  keys: PropertyKey[],
  refuse: (what: string) => never,
): boolean {
  let exact = true
  for (const key of Object.keys(value)) {
    const part = value[key]
    if (part === undefined) {
      exact = false // absent in JSON, which not every schema takes for the same
      continue
    }
    keys.push(key)
    if (!key.isWellFormed()) refuse('a key with half a surrogate pair, which is no text')
    exact = inspect(part, keys, refuse) && exact
    keys.pop()
  }
  return exact
}

function writesItself(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // an object of another realm has another Object.prototype, which has no prototype either
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null &&
      Object.hasOwn(prototype as object, 'hasOwnProperty'))
  )
}

function classOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown }
  return typeof constructor === 'function' ? constructor.name : 'a class without a name'
}

/** The path of the first place where two values differ, `undefined` where they do not. */
export function difference(left: unknown, right: unknown): string | undefined {
  const keys: PropertyKey[] = []
  return same(left, right, keys) ? undefined : toPath(keys)
}

/** Compares deeply; a property that is undefined is one that is absent. Leaves the path on a difference. */
function same(left: unknown, right: unknown, keys: PropertyKey[]): boolean {
  if (Object.is(left, right)) return true
  if (typeof left !== 'object' || typeof right !== 'object' || !left || !right) return false
  if (Array.isArray(left) || Array.isArray(right)) return sameArrays(left, right, keys)
  if (!isPlain(left) || !isPlain(right)) return sameInstances(left, right, keys)
  return sameRecords(left, right, keys)
}

function sameArrays(left: object, right: object, keys: PropertyKey[]): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
  return left.every((part, index) => within(index, part, right[index], keys))
}

function sameRecords(left: object, right: object, keys: PropertyKey[]): boolean {
  const [a, b] = [left, right] as Readonly<Record<string, unknown>>[]
  const added = Object.keys(right).filter((name) => !Object.hasOwn(left, name))
  return [...Object.keys(left), ...added].every((name) =>
    within(name, own(a, name), own(b, name), keys),
  )
}

/** Instances of one class: by what they write as JSON, their entries, or their own properties. */
function sameInstances(left: object, right: object, keys: PropertyKey[]): boolean {
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false
  if (writesItself(left)) return JSON.stringify(left) === JSON.stringify(right)
  if (left instanceof Map || left instanceof Set)
    return sameArrays([...left], [...(right as Iterable<unknown>)], keys)
  return sameRecords(left, right, keys)
}

function within(key: PropertyKey, left: unknown, right: unknown, keys: PropertyKey[]): boolean {
  keys.push(key)
  if (!same(left, right, keys)) return false
  keys.pop()
  return true
}

function own(value: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  return value && Object.hasOwn(value, key) ? value[key] : undefined
}

/** JSON in which the order of keys tells nothing, to compare values by their text. */
export function canonical(value: unknown, subject: string): string {
  const parsed: unknown = JSON.parse(toJson(value, subject).text)
  return JSON.stringify(parsed, (_, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
