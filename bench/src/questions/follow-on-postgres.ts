import { followed, type Rhythm } from '../following.ts'
import { annalsLog, dcbLog } from '../growing-log.ts'
import type { Contender, Question, Target } from '../question.ts'

const about =
  'One process appends and another follows, woken by the store. Latencies are from the answer of an append, in the ' +
  'one, to the entry of the handler with its event, in the other; rates are those of the appends, and CPU is that of both.'

const common = {
  about,
  unit: 'appends/s',
  latency: true,
  onServer: true,
  baseline: dcbLog.name,
} as const

/** How soon another process learns of an append. */
export const followOnPostgres: readonly Question[] = [
  {
    ...common,
    title: 'Follow on PostgreSQL, an append every 10 ms',
    contenders: contenders(10),
    targets: within(5, 25),
  },
  {
    ...common,
    title: 'Follow on PostgreSQL, 32 callers',
    callers: 32,
    contenders: contenders('flat out'),
    targets: within(20, 100),
  },
]

function contenders(rhythm: Rhythm): readonly Contender[] {
  return [annalsLog, dcbLog].map((kind) => followed(kind, rhythm))
}

function within(p50: number, p99: number): readonly Target[] {
  const { name: contender } = annalsLog
  return [
    { contender, figure: 'p50', atMost: p50 },
    { contender, figure: 'p99', atMost: p99 },
  ]
}
