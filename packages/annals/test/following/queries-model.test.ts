import { aggregate, annals, events, fold, view, type App, type Where } from 'annals'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { stores, type Place } from './stores.ts'

type Scalar = string | number | boolean | null

/** A document with a text, a number, a truth, and one of any kind; each of them may be null or absent. */
interface Note {
  readonly text?: string | null
  readonly amount?: number | null
  readonly flag?: boolean | null
  readonly mixed?: Scalar
}

const NoteEvents = events({
  NoteSet: z.object({
    key: z.string(),
    note: z.object({
      text: z.string().nullable().exactOptional(),
      amount: z.number().nullable().exactOptional(),
      flag: z.boolean().nullable().exactOptional(),
      mixed: z.union([z.string(), z.number(), z.boolean(), z.null()]).exactOptional(),
    }),
  }),
})

const empty: Note = {}

const Latest = fold(NoteEvents, { initial: empty, NoteSet: (_, { note: written }) => written })

const fields = ['text', 'amount', 'flag', 'mixed'] as const
type Field = (typeof fields)[number]

const Notes = view('notes', Latest, { by: ({ data }) => data.key, indexes: fields })

type Asked = Where<Note, Field>

const Writer = aggregate('writer', fold(NoteEvents, { initial: {} }), {
  set: (_, notes: readonly Found[]) =>
    notes.map(({ key, state }) => NoteEvents.NoteSet({ key, note: state })),
})

interface Found {
  readonly key: string
  readonly state: Note
}

// --- what is asked, as JavaScript understands it ---

const kinds = ['object', 'boolean', 'number', 'string']

/** By code points, as databases compare the bytes of UTF-8. */
function compareTexts(one: string, next: string): number {
  const [a, b] = [Array.from(one), Array.from(next)]
  const at = a.findIndex((character, index) => character !== b[index])
  if (at === -1) return a.length - b.length
  if (at >= b.length) return 1
  return (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0)
}

function compare(one: Scalar, next: Scalar): number {
  const [a, b] = [one, next].map((value) => kinds.indexOf(typeof value))
  if (a !== b) return Number(a) - Number(b)
  if (typeof one === 'string') return compareTexts(one, next as string)
  return Number(one) - Number(next)
}

type Comparison = Readonly<Record<string, unknown>>

const operators: Readonly<Record<string, (value: Scalar, than: never) => boolean>> = {
  lt: (value, than: Scalar) => typeof value === typeof than && compare(value, than) < 0,
  lte: (value, than: Scalar) => typeof value === typeof than && compare(value, than) <= 0,
  gt: (value, than: Scalar) => typeof value === typeof than && compare(value, than) > 0,
  gte: (value, than: Scalar) => typeof value === typeof than && compare(value, than) >= 0,
  in: (value, list: readonly Scalar[]) => list.some((one) => compare(value, one) === 0),
  prefix: (value, prefix: string) => typeof value === 'string' && value.startsWith(prefix),
  not: (value, asked: Scalar | Comparison) => !isAsAsked(value, asked),
}

function isAsAsked(value: Scalar, asked: Scalar | Comparison): boolean {
  if (typeof asked !== 'object' || asked === null) return compare(value, asked) === 0
  return Object.entries(asked).every(([name, than]) => operators[name]?.(value, than as never))
}

function satisfies(note: Note, where: Asked): boolean {
  return Object.entries(where).every(([name, asked]) => {
    if (name === 'and') return (asked as readonly Asked[]).every((part) => satisfies(note, part))
    if (name === 'or') return (asked as readonly Asked[]).some((part) => satisfies(note, part))
    if (name === 'not') return !satisfies(note, asked as Asked)
    return isAsAsked(note[name as Field] ?? null, asked as Scalar | Comparison)
  })
}

type Orders = readonly (readonly [Field, 'asc' | 'desc'])[]

function sorted(notes: readonly Found[], orders: Orders): readonly Found[] {
  const last = orders.at(-1)?.[1]
  const all = [...orders, ['key', last ?? 'asc'] as const]
  const valueOf = ({ key, state }: Found, field: Field | 'key'): Scalar =>
    field === 'key' ? key : (state[field] ?? null)
  return notes.toSorted((one, next) => {
    for (const [field, direction] of all) {
      const difference = compare(valueOf(one, field), valueOf(next, field))
      if (difference !== 0) return direction === 'asc' ? difference : -difference
    }
    return 0
  })
}

// --- what may come ---

/** Characters whose UTF-16 order is not their order, those that are escaped, and those around them. */
const character = fc.constantFrom(
  ...Array.from(`\0\u0001\u0002 %_'\\abé\ud7ff\ue000\uffff\u{10000}\u{1f600}\u{10ffff}`),
)
const text = fc.string({ unit: character, maxLength: 2 })
const amount = fc
  .oneof(
    fc.constantFrom(0, 1, -1, 0.1, -0.1, 1e300, -1e300, 5e-324, 2 ** 53, 10, 9),
    fc.integer({ min: -2, max: 2 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  .map((value) => value + 0) // which JSON has no -0 for
const flag = fc.boolean()
const scalar: fc.Arbitrary<Scalar> = fc.oneof(text, amount, flag, fc.constant(null))

const note: fc.Arbitrary<Note> = fc.record(
  {
    text: fc.option(text),
    amount: fc.option(amount),
    flag: fc.option(flag),
    mixed: scalar,
  },
  { requiredKeys: [], noNullPrototype: true },
)

const key = fc
  .string({ unit: character, minLength: 1, maxLength: 3 })
  .filter((one) => !one.includes('\0'))
const notes = fc.uniqueArray(fc.record({ key, state: note }), {
  selector: (one) => one.key,
  maxLength: 12,
})

/** A few of many, since all together are hardly ever fulfilled. */
function few(parts: Readonly<Record<string, fc.Arbitrary<unknown>>>, most: number) {
  const entries = Object.entries(parts).map(([name, part]) => fc.tuple(fc.constant(name), part))
  const some = fc.uniqueArray(fc.oneof(...entries), { selector: ([name]) => name, maxLength: most })
  return some.map((chosen) => Object.fromEntries(chosen))
}

function match(value: fc.Arbitrary<Scalar>, prefix?: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  const something = value.filter((one) => one !== null)
  const comparison = few(
    {
      lt: something,
      lte: something,
      gt: something,
      gte: something,
      in: fc.array(value, { maxLength: 3 }),
      not: fc.oneof(value, few({ gt: something, lt: something }, 2)),
      ...(prefix && { prefix }),
    },
    2,
  )
  return fc.oneof(value, comparison, comparison)
}

const leaves = {
  text: match(text, text),
  amount: match(amount),
  flag: match(flag),
  mixed: match(scalar, text),
}

/** Conditions on fields, and so deep of others within them. */
function conditions(depth: number): fc.Arbitrary<unknown> {
  if (depth === 0) return few(leaves, 2)
  const within = conditions(depth - 1)
  const or = fc.array(within, { maxLength: 3 })
  return few({ ...leaves, and: fc.array(within, { maxLength: 2 }), or, not: within }, 2)
}

const orders: fc.Arbitrary<Orders> = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...fields), fc.constantFrom('asc', 'desc')),
  { selector: ([field]) => field, maxLength: 3 },
)

const query = fc.record({ where: conditions(2), orders, limit: fc.integer({ min: 1, max: 5 }) })

/** The documents of all pages of a query. */
async function pages(
  bank: App,
  asked: Asked,
  by: Orders,
  limit: number,
): Promise<readonly Found[]> {
  const orderBy = Object.fromEntries(by)
  const found: Found[] = []
  let after: string | undefined
  do {
    const page = await bank.query(Notes, {
      where: asked,
      orderBy,
      limit,
      ...(after !== undefined && { after }),
    })
    expect(page.documents.length).toBeLessThanOrEqual(limit)
    found.push(...page.documents)
    after = page.next
  } while (after !== undefined)
  return found
}

describe.each(stores)('$name', ({ name, at }) => {
  let place: Place
  let bank: App
  beforeAll(async () => {
    place = await at()
    bank = annals({ store: place.open(), inline: [Notes] })
  })
  afterAll(async () => {
    await bank.close()
    await place[Symbol.asyncDispose]()
  })

  test('whatever is asked, in whichever order, page by page, is found as JavaScript would', async () => {
    let tenants = 0
    await fc.assert(
      fc.asyncProperty(
        notes,
        fc.array(query, { minLength: 1, maxLength: 4 }),
        async (all, asked) => {
          const app = bank.with({ tenant: `tenant-${++tenants}` })
          if (all.length > 0) await app.open(Writer, 'w').set(all)
          for (const { where: one, orders: by, limit } of asked) {
            const wanted = sorted(
              all.filter(({ state }) => satisfies(state, one as Asked)),
              by,
            )
            expect(await pages(app, one as Asked, by, limit)).toEqual(wanted)
            expect(await app.count(Notes, one as Asked)).toBe(wanted.length)
          }
        },
      ),
      { numRuns: name === 'memory' ? 300 : 100 },
    )
  })
})
