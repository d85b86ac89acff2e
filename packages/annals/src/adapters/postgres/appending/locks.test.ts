import { expect, test } from 'vitest'
import type { Append, Once } from '../../../store/store.ts'
import { locksOf, mostLocks } from './locks.ts'

/** An append without events that remembers a key of each of some streams. */
function remembering(streams: readonly string[]): Append {
  const once = streams.map((id): Once => ({
    stream: { category: 'cart', id },
    key: 'key',
    fingerprint: '',
    version: 0,
    events: 0,
  }))
  return { tenant: '', drafts: [], once }
}

/** Whether one of two appends waits for the other. */
function meet(one: Append, other: Append): boolean {
  const locks = locksOf(other)
  return [...locksOf(one)].some(([name, exclusive]) => {
    const theirs = locks.get(name)
    return theirs !== undefined && (exclusive || theirs)
  })
}

test('an append with more keys than there are locks for keeps out one that remembers one of them without an event', () => {
  const many = Array.from({ length: mostLocks + 1 }, (_, index) => String(index))
  expect(meet(remembering(many), remembering(['1']))).toBe(true)
  expect(meet(remembering(['2']), remembering(['1']))).toBe(false)
})
