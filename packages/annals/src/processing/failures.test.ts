import { describe, expect, test } from 'vitest'
import {
  ConflictError,
  MisuseError,
  RejectedError,
  StorageError,
  UnavailableError,
} from '../core/errors.ts'
import { blameFor, errorText, pauseAfter } from './failures.ts'
import { HandlerFailed } from './handling.ts'

describe('a pause', () => {
  const retry = { attempts: 6, backoff: 100, max: 1_000 }
  const pauses = (attempts: number) =>
    Array.from({ length: 200 }, () => pauseAfter(attempts, retry) ?? Number.NaN)

  test.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1_000],
  ])('after %i attempts is up to %i ms, and at least half of it', (attempts, longest) => {
    const all = pauses(attempts)
    expect(Math.max(...all)).toBeLessThanOrEqual(longest)
    expect(Math.min(...all)).toBeGreaterThanOrEqual(longest / 2)
  })

  test('is random, so that what failed together does not come back together', () => {
    expect(new Set(pauses(3)).size).toBeGreaterThan(50)
  })

  test('is of whole milliseconds, as stores keep them', () => {
    for (const pause of pauses(1)) expect(pause).toBe(Math.trunc(pause))
  })

  test('is the last one before the attempts are enough', () => {
    expect(pauseAfter(6, retry)).toBeUndefined()
    expect(pauseAfter(7, retry)).toBeUndefined()
    expect(pauseAfter(1, { ...retry, attempts: 1 })).toBeUndefined()
  })

  test('is never more than the longest, after however many attempts', () => {
    expect(pauseAfter(5_000, { ...retry, attempts: 10_000 })).toBeLessThanOrEqual(1_000)
  })
})

describe('to blame is', () => {
  test.each([
    ['event', new Error('a handler')],
    ['event', 'a text'],
    ['event', undefined],
    ['event', new HandlerFailed(new UnavailableError('ANNALS_UNAVAILABLE', 'inside of a handler'))],
    ['event', new RejectedError('no')],
    ['event', new MisuseError('ANNALS_TOO_LARGE', 'no index takes it')],
    ['lease', new UnavailableError('ANNALS_LEASE_LOST', 'another')],
    ['lease', new StorageError('ANNALS_EPOCH', 'another history')],
    ['store', new UnavailableError('ANNALS_UNAVAILABLE', 'it does not answer')],
    ['store', new UnavailableError('ANNALS_TIMEOUT', 'it takes too long')],
    ['store', new ConflictError('somebody was faster')],
    ['program', new MisuseError('ANNALS_CLOSED', 'the store is closed')],
    ['program', new StorageError('ANNALS_CORRUPT', 'it is damaged')],
    ['store', new StorageError('ANNALS_READ_ONLY', 'it is a standby')],
    ['store', new StorageError('ANNALS_DISK_FULL', 'there is no room')],
  ] as const)('%s: %s', (blame, error) => {
    expect(blameFor(error)).toBe(blame)
  })
})

describe('the text of an error', () => {
  test('is its name and what it says', () => {
    expect(errorText(new RangeError('too much'))).toBe('RangeError: too much')
    expect(errorText(new HandlerFailed(new TypeError('inside')))).toBe('TypeError: inside')
    expect(errorText('a text')).toBe('a text')
  })

  test('is one that databases keep', () => {
    expect(errorText('\0 and \ud800')).toBe('\\0 and \ufffd')
    expect(errorText('x'.repeat(10_000)).length).toBe(2_000)
    expect(errorText(`${'x'.repeat(1_999)}\u{1f600}`).isWellFormed()).toBe(true)
  })

  test.each([
    ['an object without a prototype', Object.create(null)],
    ['a symbol', Symbol('thrown')],
    [
      'an error that cannot be read',
      Object.defineProperty(new Error('hidden'), 'message', {
        get: () => {
          throw new Error('not to be read')
        },
      }),
    ],
  ])('is there for %s', (_, thrown) => {
    expect(errorText(thrown)).toEqual(expect.any(String))
  })
})
