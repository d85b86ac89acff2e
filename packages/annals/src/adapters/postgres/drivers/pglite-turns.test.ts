import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UnavailableError } from '../../../core/errors.ts'
import type { PgliteInstance } from './pglite.ts'
import { Turns } from './pglite-turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An instance that runs one transaction at a time, as PGlite does. */
function instance(): PgliteInstance {
  let last: Promise<unknown> = Promise.resolve()
  const transaction: PgliteInstance['transaction'] = (work) => {
    const mine = last.then(() => work({} as never)) // nothing is asked of it here
    last = mine.catch(() => undefined)
    return mine
  }
  const silent = async () => undefined
  return { transaction, listen: silent, unlisten: silent }
}

const timeout = 1_000

test('a turn fails when somebody else holds the instance for too long, and its work is not done later', async () => {
  const pglite = instance()
  const foreign = Promise.withResolvers<void>()
  const held = pglite.transaction(() => foreign.promise)
  const work = vi.fn(async () => 'done')
  const turn = Turns.on(pglite).take(timeout, work)
  await Promise.all([
    expect(turn).rejects.toThrow(UnavailableError),
    vi.advanceTimersByTimeAsync(timeout),
  ])
  foreign.resolve()
  await held
  expect(await Turns.on(pglite).take(timeout, async () => 'next')).toBe('next')
  expect(work).not.toHaveBeenCalled()
})

test('while it is held those behind the first fail soon, and each has its whole time again afterwards', async () => {
  const pglite = instance()
  const foreign = Promise.withResolvers<void>()
  const held = pglite.transaction(() => foreign.promise)
  const turns = Turns.on(pglite)
  const began = performance.now()
  const waiting = Array.from({ length: 10 }, () => turns.take(timeout, async () => 'done'))
  const failed = Promise.allSettled(waiting)
  await vi.runAllTimersAsync()
  expect((await failed).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'))
  expect(performance.now() - began).toBeLessThan(1.5 * timeout)
  foreign.resolve()
  await held
  const again = Promise.withResolvers<void>()
  const heldAgain = pglite.transaction(() => again.promise)
  const patient = turns.take(timeout, async () => 'done')
  await vi.advanceTimersByTimeAsync(timeout / 2)
  again.resolve()
  await heldAgain
  expect(await patient).toBe('done')
})

test('a turn waits for those before it, however long they take, also of another store', async () => {
  const pglite = instance()
  const long = Promise.withResolvers<string>()
  const first = Turns.on(pglite).take(timeout, () => long.promise)
  const second = Turns.on(pglite).take(timeout, async () => 'second')
  await vi.advanceTimersByTimeAsync(10 * timeout)
  long.resolve('first')
  expect(await Promise.all([first, second])).toEqual(['first', 'second'])
})
