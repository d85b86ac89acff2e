import { expect, test } from 'vitest'
import { clock } from './clock.ts'

test('a clock stands still until it is moved', () => {
  const now = clock(new Date('2026-03-01T12:00:00Z'))
  expect(now()).toEqual(new Date('2026-03-01T12:00:00Z'))
  now.advance('15m')
  now.advance('1.5s')
  expect(now()).toEqual(new Date('2026-03-01T12:15:01.500Z'))
})

test('a clock may be set, also back', () => {
  const now = clock()
  now.set(new Date('2000-01-01T00:00:00Z'))
  expect(now().getUTCFullYear()).toBe(2000)
})

test('an instant that was told does not move with the clock, nor the clock with it', () => {
  const now = clock()
  const told = now()
  told.setFullYear(1970)
  now.advance('1d')
  expect(now()).toEqual(new Date('2026-01-02T00:00:00Z'))
})
