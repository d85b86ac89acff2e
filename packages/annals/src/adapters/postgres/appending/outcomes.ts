import {
  checkStreamGuard,
  refuseDecision,
  refuseEpoch,
  refuseRepeated,
} from '../../../store/refusals.ts'
import type { Append, Appended, Once, StoredEvent } from '../../../store/store.ts'
import type { Row } from '../database.ts'
import { hasRules, keyOf, type Sent, type TouchedStream } from './plan.ts'

/** What became of an append. */
export type Outcome =
  | { readonly kind: 'done'; readonly appended: Appended }
  | { readonly kind: 'busy' }
  /** Some of its ids are stored. */
  | { readonly kind: 'known' }
  /** It does not keep all that is inline in the store. */
  | { readonly kind: 'inline' }
  | { readonly kind: 'refused'; readonly refuse: () => never }

/** What became of each append of a batch, from the one row that its statement gives. */
export function outcomesOf(batch: readonly Sent[], row: Row | undefined): readonly Outcome[] {
  const [only] = batch
  if (only && row?.length === 1) return [outcomeOfOne(only, row[0] ?? '')]
  const [outcomes, starts, positions, at] = row ?? []
  const said = JSON.parse(outcomes ?? '[]') as readonly string[]
  const taken = positionsOf(batch, said, listOf(positions))
  const allStarts = listOf(starts)
  let stream = 0
  return batch.map((sent, index) =>
    outcomeOf(sent, said[index] ?? '', {
      starts: allStarts.slice(stream, (stream += sent.streams.length)),
      positions: taken.get(sent) ?? [],
      at: new Date(Number(at)),
    }),
  )
}

/** What `append_event` says of its one append. */
function outcomeOfOne(sent: Sent, said: string): Outcome {
  const [kind = '', start, position, at] = said.split(' ')
  return outcomeOf(sent, kind, {
    starts: [Number(start)],
    positions: [Number(position)],
    at: new Date(Number(at)),
  })
}

interface Given {
  readonly starts: readonly number[]
  readonly positions: readonly number[]
  readonly at: Date
}

/** The positions of each append: those with rules have theirs after all others, one where it has no event. */
function positionsOf(
  batch: readonly Sent[],
  said: readonly string[],
  positions: readonly number[],
): ReadonlyMap<Sent, readonly number[]> {
  const done = batch.filter((_, index) => said[index] === 'done')
  const ordered = [...done.filter((sent) => !hasRules(sent)), ...done.filter(hasRules)]
  const taken = new Map<Sent, readonly number[]>()
  let next = 0
  for (const sent of ordered)
    taken.set(sent, positions.slice(next, (next += Math.max(1, sent.append.drafts.length))))
  return taken
}

function outcomeOf({ append, streams }: Sent, said: string, given: Given): Outcome {
  const [kind = '', place = '', ...fingerprint] = said.split(' ')
  switch (kind) {
    case 'busy':
    case 'known':
    case 'inline':
      return { kind }
    case 'done':
      return { kind, appended: appendedOf(append, streams, given) }
    case 'once': {
      const once = append.once?.[Number(place)] as Once // the place was sent with it
      const remembered = { fingerprint: fingerprint.join(' ') }
      return { kind: 'refused', refuse: () => refuseRepeated(once, remembered) }
    }
    case 'epoch':
      return { kind: 'refused', refuse: refuseEpoch }
    case 'decision':
      return { kind: 'refused', refuse: refuseDecision }
    case 'conflict':
      return { kind: 'refused', refuse: () => refuseStreams(streams, given.starts) }
    default:
      throw new Error(`the append function of the schema answered ${JSON.stringify(said)}`)
  }
}

function refuseStreams(streams: readonly TouchedStream[], versions: readonly number[]): never {
  for (const [index, { guards }] of streams.entries())
    for (const guard of guards) checkStreamGuard(guard, versions[index] ?? 0)
  throw new Error('the append function of the schema saw a conflict where there is none')
}

function appendedOf(
  { tenant, drafts }: Append,
  streams: readonly TouchedStream[],
  { starts, positions, at }: Given,
): Appended {
  const versions = new Map(streams.map(({ key }, index) => [key, starts[index] ?? 0]))
  const events = drafts.map((draft, index): StoredEvent => {
    const key = keyOf(draft.stream)
    const version = (versions.get(key) ?? 0) + 1
    versions.set(key, version)
    return { ...draft, tenant, version, position: positions[index] ?? 0, at }
  })
  return { events, position: positions.at(-1) ?? 0 }
}

/** The numbers of an array as PostgreSQL writes it. */
export function listOf(array: string | null | undefined): readonly number[] {
  return array ? (JSON.parse(`[${array.slice(1, -1)}]`) as readonly number[]) : []
}
