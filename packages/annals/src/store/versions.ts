import type { Mode } from './ledger.ts'
import type { Position } from './store.ts'

/** How far a version of a read model has come. */
export interface VersionStanding {
  readonly version: string
  readonly mode: Mode
  /** Up to where all of its slices have come; of one that is inline the end of the log. */
  readonly position: Position
  /** How many owners have asked for it lately. */
  readonly runners: number
}

/** Whether a version may take the place of the one that is live: the rule of `goLive`. */
export function mayGoLive(
  candidate: VersionStanding,
  live: VersionStanding | undefined,
  reached: Position,
): boolean {
  // appends leave nothing before the end
  const position = candidate.mode === 'inline' ? Infinity : candidate.position
  if (position < reached) return false
  if (!live || live.version === candidate.version) return true
  if (position < live.position) return false
  return live.runners === 0 || compareVersions(candidate.version, live.version) > 0
}

/**
 * Which of two versions is the newer one: above 0 for the first. They are numbers, or several with points between them: that of
 * a view has that of its fold before it.
 */
export function compareVersions(one: string, other: string): number {
  const [mine = [], its = []] = [one, other].map((version) => version.split('.').map(Number))
  for (const [place, part] of mine.entries()) {
    const difference = part - (its[place] ?? -1)
    if (difference !== 0) return difference
  }
  return mine.length - its.length
}
