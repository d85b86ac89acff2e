import { misuse } from '../core/errors.ts'
import type { partsBehind } from '../processing/parts.ts'
import type { Overview, ProcessorName } from '../store/ledger.ts'
import type { EventStore, Position } from '../store/store.ts'
import { compareVersions } from '../store/versions.ts'
import { fullName } from './which.ts'

/** Which versions to compare. */
export interface DiffOptions {
  /** The newest but one, or what comes before `to`. */
  readonly from?: string
  /** The newest. */
  readonly to?: string
  /** How many documents to tell of, besides counting them: 20. */
  readonly limit?: number
}

/** Two versions of a read model. */
export interface Versions {
  readonly from: ProcessorName
  readonly to: ProcessorName
}

/** How two versions stand at a moment. */
export interface Marks {
  /** Up to where followers may read the log. */
  readonly end: Position
  readonly from: Overview
  readonly to: Overview
}

/** How two versions stand now. */
export async function marksOf(store: EventStore, { from, to }: Versions): Promise<Marks> {
  // first, since what is inline has seen at least this when its mode is read
  const { position: end } = await store.settled()
  const found = await store.ledger.overview([from, to])
  const of = ({ name, version }: ProcessorName) =>
    found.find((one) => one.version === version) ??
    misuse(`diff: version ${version} of ${name} was dropped while it was compared`)
  return { end, from: of(from), to: of(to) }
}

/** Up to where a version is known to have seen all of the log. */
export function positionOf({ mode, slices }: Overview, end: Position): Position {
  return mode === 'inline' ? end : Math.min(...slices.map(({ position }) => position))
}

/** What there is of a name. */
export interface Candidates {
  /** Versions that the store has. */
  readonly known: readonly Overview[]
  /** Versions that the app declares. */
  readonly declared: readonly ProcessorName[]
}

/** What there is of a name, in the store and in an app. */
export async function candidates(
  { store, processing }: ReturnType<typeof partsBehind>,
  name: string,
): Promise<Candidates> {
  const isOfName = (one: ProcessorName) => one.name === name
  return {
    known: (await store.ledger.overview()).filter(isOfName),
    declared: processing.processors.filter(isOfName),
  }
}

/** The two versions that are to be compared. */
export function chosen(
  kind: 'view' | 'projection',
  name: string,
  { known, declared }: Candidates,
  { from: older, to: newer }: DiffOptions,
): Versions {
  const other = known.find((one) => one.kind !== kind)
  if (other)
    misuse(
      `diff: ${name} is a ${other.kind}; ${kind === 'view' ? 'diff compares views, and diffTables projections' : 'diffTables compares projections, and diff views'}`,
    )
  const unbuilt = declared.find(({ version }) => !known.some((one) => one.version === version))
  if (unbuilt && known.length > 0 && (newer ?? unbuilt.version) === unbuilt.version)
    misuse(
      `diff: version ${unbuilt.version} of ${name} has not been built; run npx annals rebuild ${fullName(unbuilt)}`,
    )
  const sorted = known.toSorted((one, next) => compareVersions(next.version, one.version))
  const of = (version: string) => sorted.find((one) => one.version === version)
  const to = newer === undefined ? sorted[0] : of(newer)
  const from = older === undefined ? sorted[to ? sorted.indexOf(to) + 1 : 0] : of(older)
  if (from && to) return { from, to }
  const versions = sorted.map(fullName).join(', ') || `no ${name}`
  return misuse(`diff: it takes two versions of a ${kind}, and the store knows ${versions}`)
}
