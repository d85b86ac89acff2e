import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Lease } from '../store/ledger.ts'
import { Moves } from './moves.ts'

const lease: Lease = {
  name: 'sums',
  version: '1',
  first: 0,
  last: 1_023,
  owner: 'a',
  token: 1,
  position: 0,
}

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('what the store does not take is tried again, until it is closed', async () => {
  const advance = vi.fn(() => Promise.reject(new Error('it does not answer')))
  const moves = new Moves({ advance }, () => undefined)
  moves.move(lease, 5)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(advance.mock.calls.length).toBeGreaterThan(1)
  await moves.close()
  advance.mockClear()
  moves.move(lease, 6)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(advance).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})
