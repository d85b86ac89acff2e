import { viewOfReader, viewOfWriter } from '../annals-live-view.ts'
import { followed } from '../following.ts'
import type { Question } from '../question.ts'

const rhythm = 10
const kinds = [viewOfReader, viewOfWriter]

/** How soon a background view shows what was appended. */
export const liveViewOnPostgres: readonly Question[] = [
  {
    title: 'From an append to its view on PostgreSQL',
    about:
      `One process appends an event every ${rhythm} ms, and tells another one of each that was answered, which then ` +
      'reads what the view makes of it: `find(view, key, { after })`. Latencies are from the answer of the append in the one to that of ' +
      '`find` in the other, the message between them included; rates are those of the appends, and CPU is that of both. The view ' +
      'is kept by the process that reads, or by the one that appends: then the reader asks the store how far it is.',
    unit: 'appends/s',
    latency: true,
    onServer: true,
    baseline: 'Annals',
    contenders: kinds.map((kind) => followed(kind, rhythm)),
    targets: kinds.flatMap(({ name: contender }) => [
      { contender, figure: 'p50', atMost: 10 },
      { contender, figure: 'p99', atMost: 50 },
    ]),
  },
]
