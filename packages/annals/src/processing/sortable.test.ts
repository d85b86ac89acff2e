import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endOfKind, endOfPrefix, longestSortable, sortable, type Sortable } from './sortable.ts'

const text = fc.string({ unit: 'binary', maxLength: 5 })
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 5e-324, -5e-324, Infinity, -Infinity, Number.MAX_VALUE, 2 ** 53),
)
const value: fc.Arbitrary<Sortable> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.constantFrom(null, undefined),
)

/** As databases compare: the bytes of UTF-8. */
function compareBytes(one: string, next: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(next))
}

const kinds = ['undefined', 'object', 'boolean', 'number', 'string']

function compareValues(one: Sortable, next: Sortable): number {
  const [a, b] = [one ?? null, next ?? null]
  const kind = kinds.indexOf(typeof a) - kinds.indexOf(typeof b)
  if (kind !== 0 || a === null || b === null) return kind
  if (typeof a === 'string') return compareBytes(a, b as string)
  return Number(a) === Number(b) ? 0 : Number(a) - Number(b)
}

const of = (one: Sortable) => sortable(one, 'a value')

test('texts of values sort by their bytes as the values do', () => {
  fc.assert(
    fc.property(value, value, (one, next) => {
      expect(Math.sign(compareBytes(of(one), of(next)))).toBe(Math.sign(compareValues(one, next)))
    }),
    { numRuns: 3_000 },
  )
})

test('kinds sort by themselves: nothing, truths, numbers, texts', () => {
  const sorted = [
    null,
    false,
    true,
    -Infinity,
    -1,
    0,
    1e-7,
    0.5,
    1e300,
    Infinity,
    '',
    '\0',
    '1',
    'a',
  ]
  expect(sorted.toSorted((one, next) => compareBytes(of(one), of(next)))).toEqual(sorted)
})

test('a text holds no NUL, whatever it is of', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(of(one)).not.toContain('\0')
    }),
  )
})

test('what lies below the end of its kind is of the kind, and nothing else is', () => {
  fc.assert(
    fc.property(value, value, (one, next) => {
      const [a, b] = [of(one), of(next)]
      const below = compareBytes(b, endOfKind(a)) < 0 && compareBytes(b, a[0] ?? '') >= 0
      expect(below).toBe(typeof (one ?? null) === typeof (next ?? null))
    }),
  )
})

test('what lies between a prefix and its end begins with the prefix, and nothing else does', () => {
  const last = fc.constantFrom('\ud7ff', '\ue000', '\u{10ffff}', '\0', '\u0001', '\uffff')
  const any = fc.oneof(text, fc.string({ unit: last, maxLength: 3 }))
  fc.assert(
    fc.property(any, any, any, (prefix, rest, other) => {
      for (const one of [other, prefix + rest]) {
        const from = of(prefix)
        const within =
          compareBytes(of(one), from) >= 0 && compareBytes(of(one), endOfPrefix(from)) < 0
        expect(within).toBe(one.startsWith(prefix))
      }
    }),
    { numRuns: 3_000 },
  )
})

describe('what no index takes is refused', () => {
  test.each([
    ['a long text', 'x'.repeat(longestSortable + 1)],
    ['half a pair', 'a\ud800'],
    ['a bigint', 1n],
    ['an object', {}],
    ['a list', ['a']],
    ['a function', () => 1],
  ])('%s', (_, refused) => {
    expect(() => sortable(refused as never, 'a value')).toThrow(/^a value: /)
  })

  test('the longest text is taken', () => {
    expect(of('\u{1f600}'.repeat(longestSortable / 2))).toHaveLength(longestSortable + 1)
  })
})
