import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { answer } from './answer.ts'
import { measure } from './measure.ts'
import { median } from './median.ts'
import type { Contender, Question } from './question.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-bench-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('contenders take turns, each in both places', async () => {
  const opened: string[] = []
  await measure(between([quick('a', opened), quick('b', opened)]), pace(4), folder)
  expect(opened).toEqual(['a', 'b', 'b', 'a', 'a', 'b', 'b', 'a'])
})

test('a contender that is missing takes no turn, and its reason is told', async () => {
  const absent = { ...quick('b', []), missing: 'not installed' }
  const question = between([quick('a', []), absent])
  const answered = answer(question, await measure(question, pace(1), folder))
  expect(answered.standings.map(({ name }) => name)).toEqual(['a'])
  expect(answered.missing).toEqual([{ name: 'b', why: 'not installed' }])
  expect(answered.targets).toEqual([])
})

test('failures are counted and do not count as work', async () => {
  const broken = { ...quick('a', []), open: async () => ({ step: fail, close: () => {} }) }
  const question = between([broken, quick('b', [])])
  const [standing] = answer(question, await measure(question, pace(1), folder)).standings
  expect(standing).toMatchObject({ name: 'a', median: 0, failure: 'Error: refused' })
  expect(standing?.failures).toBeGreaterThan(0)
})

test('who is held up once is as fast as without', async () => {
  let [time, steps] = [0, 0]
  vi.spyOn(performance, 'now').mockImplementation(() => time)
  const step = () => {
    time += ++steps === 5 ? 2_000 : 3
  }
  const held = { name: 'a', open: async () => ({ step, close: () => {} }) }
  const question = between([held])
  const rounds = await measure(question, { ...pace(1), milliseconds: 30 }, folder)
  vi.restoreAllMocks()
  expect(answer(question, rounds).standings[0]?.median).toBeCloseTo(1000 / 3)
})

test.each([{ onServer: true }, { staysOpen: true }])(
  'a contender is opened once with %j, and goes on where it ended',
  async (how) => {
    const opened: string[] = []
    const question = { ...between([quick('a', opened), quick('b', opened)]), ...how }
    const rounds = await measure(question, pace(3), folder)
    expect(opened).toEqual(['a', 'b'])
    expect([...rounds.values()].map((each) => each.length)).toEqual([3, 3])
  },
)

test('the CPU time of a server is told for each operation, where it is known', async () => {
  let used = 0
  const step = () => {
    used += 7
  }
  const open = async () => ({ step, serverCpu: () => used, close: () => {} })
  const question = { ...between([{ name: 'a', open }, quick('b', [])]), onServer: true }
  const [a, b] = answer(question, await measure(question, pace(2), folder)).standings
  expect([a?.serverCpu, b?.serverCpu]).toEqual([7, undefined])
})

test('how long operations take is told where it is asked for', async () => {
  let time = 0
  vi.spyOn(performance, 'now').mockImplementation(() => time)
  let steps = 0
  const step = () => {
    time += ++steps % 100 === 0 ? 50 : 2
  }
  const open = async () => ({ step, close: () => {} })
  const question = { ...between([{ name: 'a', open }]), latency: true }
  const rounds = await measure(question, { ...pace(1), milliseconds: 600 }, folder)
  vi.restoreAllMocks()
  expect(answer(question, rounds).standings[0]?.latency).toEqual({ p50: 2, p99: 2 })
})

test('the median of an even number lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN])
})

function pace(rounds: number): { rounds: number; milliseconds: number; warmUps: number } {
  return { rounds, milliseconds: 3, warmUps: 0 }
}

function between(contenders: readonly Contender[]): Question {
  const targets = [{ contender: 'a', against: 'b', atLeast: 1 }]
  return { title: 'a and b', about: '', unit: 'steps/s', baseline: 'a', contenders, targets }
}

function quick(name: string, opened: string[]): Contender {
  return {
    name,
    open: async () => {
      opened.push(name)
      return { step: () => {}, close: () => {} }
    },
  }
}

function fail(): never {
  throw new Error('refused')
}
