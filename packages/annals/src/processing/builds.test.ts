import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Standing } from '../store/ledger.ts'
import { Builds } from './builds.ts'
import type { Processor } from './processor.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))

afterEach(() => vi.useRealTimers())

const processor = { name: 'totals', version: '2' } as Processor<unknown>
const standing = { live: false, paused: false, mode: 'following', slices: [{ position: 9 }] }

test('what stands in the way of a version is told at each look, and it goes live when that is gone', async () => {
  let mended = false
  const goLive = async () => {
    if (!mended) throw new Error('somebody stands on it')
    return true
  }
  const settled = async () => ({ position: 9, epoch: '' })
  const builds = new Builds({ settled, ledger: { goLive } } as never, () => undefined)
  // as often as a process tends what it runs
  const look = async () => {
    vi.advanceTimersByTime(2_000)
    await builds.look([{ processor, standing: standing as unknown as Standing }])
  }
  builds.note(processor, standing as unknown as Standing)
  await look()
  for (let looks = 0; looks < 20; looks++)
    await expect(look()).rejects.toThrow('somebody stands on it')
  mended = true
  await look()
  expect(builds.has(processor)).toBe(false)
})

test('one look is called for at a time, however many versions are being built', async () => {
  const asked: number[] = []
  const store = { settled: async () => ({ position: 99, epoch: '' }), ledger: {} }
  const builds = new Builds(store as never, (pause) => asked.push(pause))
  const all = ['a', 'b', 'c'].map((name) => ({
    processor: { ...processor, name },
    standing: standing as unknown as Standing,
  }))
  for (const one of all) builds.note(one.processor, one.standing)
  for (let look = 0; look < 5; look++) await builds.look(all)
  expect(asked).toEqual([50])
  for (const pause of [50, 100, 200]) {
    vi.advanceTimersByTime(pause)
    await builds.look(all)
    await builds.look(all)
  }
  expect(asked).toEqual([50, 100, 200, 400])
})
