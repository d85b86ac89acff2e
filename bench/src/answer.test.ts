import { expect, test } from 'vitest'
import { answer } from './answer.ts'
import type { Round } from './measure.ts'
import type { Question, Target } from './question.ts'
import { section, verdict } from './report.ts'

test('a target against several is one against the best of them in its figure', () => {
  const rounds = { ours: [round(60)], slow: [round(10)], fast: [round(20)], absent: [] }
  expect(
    reached({ contender: 'ours', against: ['slow', 'fast', 'nobody'], atLeast: 2 }, rounds),
  ).toBe('reached: ours ≥ 2 × fast, measured 3.00')
})

test('CPU time is that of the client and the server together', () => {
  const rounds = {
    ours: [round(10, { cpu: 100, serverCpu: 300 })],
    cheap: [round(10, { cpu: 400, serverCpu: 400 })],
    dear: [round(10, { cpu: 4_000, serverCpu: 0 })],
  }
  const target = {
    contender: 'ours',
    against: ['dear', 'cheap'],
    figure: 'cpu',
    atMost: 0.25,
  } as const
  expect(reached(target, rounds)).toBe('**missed**: CPU of ours ≤ 0.25 × cheap, measured 0.50')
})

test('latencies are compared round by round', () => {
  const slower = [1, 2, 30].map((p99) => round(10, { latency: { p50: 1, p99: p99 * 2 } }))
  const faster = [1, 2, 30].map((p99) => round(10, { latency: { p50: 1, p99 } }))
  const target = { contender: 'slower', against: 'faster', figure: 'p99', atMost: 1.5 } as const
  expect(reached(target, { slower, faster })).toBe(
    '**missed**: p99 of slower ≤ 1.5 × faster, measured 2.00',
  )
})

test('a target may be a figure by itself', () => {
  const ours = [3, 4, 50].map((p50) => round(10, { latency: { p50, p99: 60 } }))
  expect(reached({ contender: 'ours', figure: 'p50', atMost: 5 }, { ours })).toBe(
    'reached: p50 of ours ≤ 5 ms, measured 4.00 ms',
  )
})

test('a rate by itself is told in the unit of its question', () => {
  const ours = [80_100, 81_234.5, 90_000].map((rate) => round(rate))
  expect(reached({ contender: 'ours', atLeast: 80_000 }, { ours })).toBe(
    'reached: ours ≥ 80,000 steps/s, measured 81,235 steps/s',
  )
})

test('a table has the columns of which something is known', () => {
  const plain = answered([], { ours: [round(10)] })
  expect(section(plain)).toContain('| | steps/s | min–max | × ours | CPU µs | failed |')
  const more = { serverCpu: 50, latency: { p50: 1, p99: 2.5 } }
  const full = section(answered([], { ours: [round(10, more)], theirs: [round(5)] }))
  expect(full).toContain('| × ours | p50 ms | p99 ms | CPU µs | CPU µs of the server | failed |')
  expect(full).toContain('| ours | 10 | 10–10 | 1.00 | 1.00 | 2.50 | 10 | 5.00 |  |')
  expect(full).toContain('| theirs | 5 | 5–5 | 0.50 | – | – | 10 | – |  |')
})

type RoundsByName = Readonly<Record<string, readonly Round[]>>

/** A round of ten operations. */
function round(rate: number, more: Partial<Round> = {}): Round {
  return { rate, operations: 10, failures: 0, cpu: 100, ...more }
}

function reached(target: Target, rounds: RoundsByName): string | undefined {
  return answered([target], rounds).targets.map(verdict)[0]
}

function answered(targets: readonly Target[], rounds: RoundsByName): ReturnType<typeof answer> {
  const question: Question = {
    title: 'a question',
    about: '',
    unit: 'steps/s',
    baseline: 'ours',
    contenders: [],
    targets,
  }
  return answer(question, new Map(Object.entries(rounds)))
}
