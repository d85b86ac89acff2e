import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashes, hashOf, rangesOf } from './slices.ts'

test('the hash of a queue is the same for ever: what is stored depends on it', () => {
  const hash = (tenant: string, queue: string) => hashOf({ tenant, queue })
  expect([
    hash('', 'account/a'),
    hash('', 'account/b'),
    hash('acme', 'account/a'),
    hash('', ''),
    hash('ä', '\u{1f600}'),
  ]).toEqual([271, 130, 409, 600, 868])
})

test('a hash is a whole number below the number of hashes', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'binary' }), (tenant, queue) => {
      const hash = hashOf({ tenant, queue })
      expect(Number.isInteger(hash) && hash >= 0 && hash < hashes).toBe(true)
    }),
  )
})

test('queues that are much alike are spread over all slices about equally', () => {
  const slices = 16
  const counts = Array<number>(slices).fill(0)
  const ranges = rangesOf(slices)
  for (let index = 0; index < 16_000; index++) {
    const hash = hashOf({ tenant: '', queue: `account/${index}` })
    const slice = ranges.findIndex(({ first, last }) => first <= hash && hash <= last)
    counts[slice] = (counts[slice] ?? 0) + 1
  }
  expect(Math.min(...counts)).toBeGreaterThan(800)
  expect(Math.max(...counts)).toBeLessThan(1_200)
})

test('a tenant and its queue are told apart', () => {
  expect(hashOf({ tenant: 'a', queue: 'bc' })).not.toBe(hashOf({ tenant: 'ab', queue: 'c' }))
})

test('ranges cover each hash once, and are as equal as can be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: hashes }), (slices) => {
      const ranges = rangesOf(slices)
      expect(ranges).toHaveLength(slices)
      expect(ranges.flatMap(({ first, last }) => numbers(first, last))).toEqual(
        numbers(0, hashes - 1),
      )
      const sizes = ranges.map(({ first, last }) => last - first + 1)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
    { numRuns: 50 },
  )
})

function numbers(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
