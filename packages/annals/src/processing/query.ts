import { misuse } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { Condition, Document, Field, Selection } from '../store/documents.ts'
import { endOfKind, endOfPrefix, sortable, type Sortable } from './sortable.ts'
import { stateOf, type AnyView, type View } from './view.ts'

/** What the value of a field must be like: a value, or all that is named here. */
export type Match<V> =
  | V
  | {
      /** Less than; only values of the same kind. */
      readonly lt?: NonNullable<V>
      readonly lte?: NonNullable<V>
      readonly gt?: NonNullable<V>
      readonly gte?: NonNullable<V>
      /** One of these. */
      readonly in?: readonly V[]
      /** A text that begins with this one. */
      readonly prefix?: V extends string ? string : never
      readonly not?: Match<V>
    }

/** What documents must be like: all that is named. `null` is also a field that is not there. */
export type Where<S, Index extends string> = {
  readonly [K in Index]?: K extends keyof S ? Match<Asked<S[K]>> : never
} & {
  readonly and?: readonly Where<S, Index>[]
  readonly or?: readonly Where<S, Index>[]
  readonly not?: Where<S, Index>
}

/** A field that may be absent is asked for as null. */
export type Asked<V> = V extends undefined ? null : V

/** Which documents of a view, and in which order. */
export interface ViewQuery<S, Index extends string> {
  readonly where?: Where<S, Index>
  /** The fields to sort by, the first one first; by their keys where nothing else decides. */
  readonly orderBy?: [Index] extends [never]
    ? Readonly<Record<string, never>>
    : { readonly [K in Index]?: 'asc' | 'desc' }
  /** The most documents of a page: 100. */
  readonly limit?: number
  /** The `next` of the page before, of the same query. */
  readonly after?: string
}

/** A document of a view as its readers see it. */
export interface Found<S> {
  readonly key: string
  readonly state: S
}

/** A page of what a query found. */
export interface QueryPage<S> {
  readonly documents: readonly Found<S>[]
  /** Where the next page begins, to be given as `after`; `undefined` on the last one. */
  readonly next: string | undefined
}

const defaultLimit = 100
const largestLimit = 10_000

// levels of conditions within conditions
const deepest = 100

interface Order {
  readonly name: string
  readonly field: Field
  readonly descending: boolean
}

/** A query that is ready for a store. One document more than the page holds tells whether there is another page. */
export interface Prepared {
  readonly selection: Selection
  readonly limit: number
  readonly order: readonly Order[]
}

/** Makes of a query what a store is asked. */
export function prepared<S>(view: View<S>, tenant: string, query: ViewQuery<S, string>): Prepared {
  checkOptions(`query of ${view.name}`, query, ['where', 'orderBy', 'limit', 'after'])
  const { where, orderBy = {}, limit = defaultLimit, after } = query
  checkWhole(`query of ${view.name}: limit`, limit, 1)
  if (limit > largestLimit)
    misuse(`query of ${view.name}: limit is ${limit}; the most is ${largestLimit}, page by page`)
  const order = orderOf(view, orderBy)
  const asked = conditionOf(view, where)
  const conditions = after === undefined ? [asked] : [asked, afterCursor(view, order, after)]
  const selection = { tenant, where: { all: conditions }, order, limit: limit + 1 }
  return { selection, limit, order }
}

/** The page that a store's documents make. */
export function pageOf<S>(
  view: View<S>,
  { limit, order }: Prepared,
  documents: readonly Document[],
): QueryPage<S> {
  const found = documents.slice(0, limit).map((document) => ({
    key: document.key,
    state: stateOf(view, document),
  }))
  const last = found.at(-1)
  const next = last && documents.length > limit ? cursorOf(view, order, last) : undefined
  return { documents: found, next }
}

/** What documents must be like, as a store is asked. */
export function conditionOf(view: AnyView, where: object | undefined): Condition {
  return where === undefined ? everything : allOf(view, where)
}

function allOf(view: AnyView, where: unknown, level = 1): Condition {
  checkDepth(view, level)
  if (!isRecord(where))
    misuse(`query of ${view.name}: a condition is an object of fields, and not ${String(where)}`)
  const all = Object.entries(where).map(([name, asked]) => {
    if (asked === undefined)
      misuse(`query of ${view.name}: ${name} is undefined; leave it out, or ask for null`)
    if (name === 'and' || name === 'or') {
      if (!Array.isArray(asked)) misuse(`query of ${view.name}: ${name} takes a list`)
      const parts = asked.map((part) => allOf(view, part, level + 1))
      return name === 'and' ? { all: parts } : { any: parts }
    }
    if (name === 'not') return { not: allOf(view, asked, level + 1) }
    return matching(view, name, asked, level)
  })
  return all.length === 1 ? (all[0] as Condition) : { all }
}

function checkDepth({ name }: AnyView, level: number): void {
  if (level > deepest) misuse(`query of ${name}: conditions are ${deepest} levels deep at most`)
}

const everything: Condition = { all: [] }
const comparisons = ['lt', 'lte', 'gt', 'gte', 'in', 'prefix', 'not'] as const

function matching(view: AnyView, name: string, asked: unknown, level: number): Condition {
  checkDepth(view, level)
  const field = fieldOf(view, name)
  const subject = `query of ${view.name}: ${name}`
  const text = (value: unknown) => {
    if (Number.isNaN(value)) misuse(`${subject}: NaN is no number to compare with`)
    return sortable(value as Sortable, subject)
  }
  if (typeof asked !== 'object' || asked === null) return { field, in: [text(asked)] }
  if (!isRecord(asked))
    misuse(`${subject} takes a value, or an object with ${comparisons.join(', ')}`)
  checkOptions(subject, asked, comparisons)
  const { lt, lte, gt, gte, in: list, prefix, not } = asked
  for (const [operator, value] of Object.entries(asked))
    if (value === undefined) misuse(`${subject}: ${operator} is undefined; leave it out`)
  const conditions: Condition[] = []
  // values of other kinds lie outside
  if (gt !== undefined) conditions.push({ field, after: text(gt), before: endOfKind(text(gt)) })
  if (gte !== undefined) conditions.push({ field, from: text(gte), before: endOfKind(text(gte)) })
  if (lt !== undefined) conditions.push({ field, from: kindOf(text(lt)), before: text(lt) })
  if (lte !== undefined) conditions.push({ field, from: kindOf(text(lte)), until: text(lte) })
  if (list !== undefined) {
    if (!Array.isArray(list)) misuse(`${subject}: in takes a list`)
    conditions.push({ field, in: list.map(text) })
  }
  if (prefix !== undefined) {
    if (typeof prefix !== 'string') misuse(`${subject}: prefix takes a text`)
    const from = text(prefix)
    conditions.push({ field, from, before: endOfPrefix(from) })
  }
  if (not !== undefined) conditions.push({ not: matching(view, name, not, level + 1) })
  return { all: conditions }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Whether it is a text that a database takes. */
function isKept(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
}

function kindOf(text: string): string {
  return text.slice(0, 1)
}

function fieldOf({ name, indexes }: AnyView, field: string): number {
  const index = indexes.indexOf(field)
  if (index === -1)
    misuse(
      `query of ${name}: ${field} has no index; name it in \`indexes\` of the view, and raise its version` +
        (indexes.length > 0 ? ` (it has ${indexes.join(', ')})` : ''),
    )
  return index
}

function orderOf(view: AnyView, orderBy: Readonly<Record<string, unknown>>): readonly Order[] {
  const order = Object.entries(orderBy).map(([name, direction]): Order => {
    if (direction !== 'asc' && direction !== 'desc')
      misuse(
        `query of ${view.name}: orderBy.${name} is ${String(direction)}; it takes 'asc' or 'desc'`,
      )
    return { name, field: fieldOf(view, name), descending: direction === 'desc' }
  })
  return [...order, { name: 'key', field: 'key', descending: order.at(-1)?.descending ?? false }]
}

/** Tells one cursor from that of another query. */
function shapeOf(view: AnyView, order: readonly Order[]): string {
  return [
    view.name,
    view.version,
    ...order.map(({ name, descending }) => `${name} ${descending}`),
  ].join()
}

function cursorOf<S>(view: View<S>, order: readonly Order[], { key, state }: Found<S>): string {
  const values = order.map(({ name, field }) =>
    field === 'key' ? key : sortable((state as Readonly<Record<string, Sortable>>)[name], name),
  )
  return Buffer.from(JSON.stringify([shapeOf(view, order), ...values])).toString('base64url')
}

/**
 * The documents that come after the last one of a page: later in the first field, or the same there and later in the
 * second, and so on. That the first is not earlier says nothing new, but lets an index begin there.
 */
function afterCursor(view: AnyView, order: readonly Order[], cursor: string): Condition {
  const values = valuesOf(view, order, cursor)
  const places = order.map(({ field, descending }, index) => {
    const value = values[index] as string
    return {
      same: { field, in: [value] } satisfies Condition,
      later: descending ? { field, before: value } : { field, after: value },
      notEarlier: descending ? { field, until: value } : { field, from: value },
    }
  })
  const [first, ...others] = places
  if (!first) return everything
  if (others.length === 0) return first.later
  const any = places.map(({ later }, index) => ({
    all: [...places.slice(0, index).map(({ same }) => same), later],
  }))
  return { all: [first.notEarlier, { any }] }
}

function valuesOf(view: AnyView, order: readonly Order[], cursor: string): readonly string[] {
  try {
    const [shape, ...values] = JSON.parse(
      Buffer.from(cursor, 'base64url').toString(),
    ) as readonly string[]
    const whole = values.length === order.length && values.every(isKept)
    if (whole && shape === shapeOf(view, order)) return values
  } catch {
    // it is told below what a cursor is
  }
  return misuse(
    `query of ${view.name}: after takes the \`next\` of a page of the same query; begin anew without it`,
  )
}
