import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Watch } from './watch.ts'

const never = new AbortController().signal

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A log that grows without a word, and counts how often it is asked. */
function silent(poll: number, listen?: () => Promise<boolean>) {
  const log = { position: 0, asked: 0 }
  const ask = async () => {
    log.asked++
    return log.position
  }
  return { log, watch: new Watch({ ask, poll, ...(listen && { listen }) }) }
}

test('an append that nobody announced is found within the poll interval', async () => {
  const { log, watch } = silent(250)
  const woken = watch.wait(0, never)
  await vi.advanceTimersByTimeAsync(5_000)
  log.position = 7
  await vi.advanceTimersByTimeAsync(250)
  expect(await woken).toBe(7)
})

test('an idle watch asks less and less often, and nobody is asked for nobody', async () => {
  const { log, watch } = silent(250)
  const leaving = new AbortController()
  const reason = new Error('gone')
  const left = watch.wait(0, leaving.signal).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(10_000)
  const perSecond = log.asked / 10
  expect(perSecond).toBeLessThan(5)
  leaving.abort(reason)
  expect(await left).toBe(reason)
  const { asked } = log
  await vi.advanceTimersByTimeAsync(10_000)
  expect(log.asked).toBe(asked)
})

test('what is heard wakes at once those it is for, and asks nothing', async () => {
  const { log, watch } = silent(250, async () => true)
  const [low, high] = [watch.wait(3, never), watch.wait(9, never)]
  let woken = false
  void high.then(() => {
    woken = true
  })
  await setImmediate()
  watch.heard(5)
  expect(await low).toBe(5)
  await setImmediate()
  expect(woken).toBe(false)
  watch.heard(10)
  expect(await high).toBe(10)
  expect(await watch.wait(9, never)).toBe(10)
  expect(log.asked).toBe(0)
})

test('who begins to listen asks once, since it may have missed the last announcement', async () => {
  let listening = false
  const { log, watch } = silent(250, async () => {
    const before = listening
    listening = true
    return before
  })
  log.position = 4
  expect(await watch.wait(0, never)).toBe(4)
  expect(log.asked).toBe(1)
})

test('after a lost connection it asks again, for the log may be another', async () => {
  const { log, watch } = silent(250, async () => true)
  watch.heard(100)
  watch.forget()
  log.position = 40
  const woken = watch.wait(30, never)
  await setImmediate()
  watch.heard()
  await vi.advanceTimersByTimeAsync(250)
  expect(await woken).toBe(40)
})

test('a store that cannot be asked tells those who wait', async () => {
  const watch = new Watch({ ask: () => Promise.reject(new Error('no database')), poll: 250 })
  await expect(watch.wait(0, never)).rejects.toThrow('no database')
})
