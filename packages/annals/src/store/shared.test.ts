import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { shared } from './shared.ts'

test('who asks while an answer is on its way shares the next one', async () => {
  const asked: ((answer: number) => void)[] = []
  const ask = shared(() => new Promise<number>((resolve) => void asked.push(resolve)))
  const first = ask()
  const [second, third] = [ask(), ask()]
  expect(asked.length).toBe(1)
  asked[0]?.(1)
  expect(await first).toBe(1)
  await setImmediate()
  expect(asked.length).toBe(2)
  asked[1]?.(2)
  expect(await Promise.all([second, third])).toEqual([2, 2])
  const later = ask()
  expect(asked.length).toBe(3)
  asked[2]?.(3)
  expect(await later).toBe(3)
})

test('an asking that fails fails only those who share it', async () => {
  let asked = 0
  const ask = shared(async () => {
    asked++
    await Promise.resolve()
    if (asked === 1) throw new Error('no answer')
    return asked
  })
  const [first, second] = [ask(), ask()]
  await expect(first).rejects.toThrow('no answer')
  expect(await second).toBe(2)
})
