import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, type Duration } from '../core/duration.ts'
import { misuse, type Progress } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { Overview } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'
import { Pace } from './progress.ts'

/** How versions of views and projections are built that have not caught up yet. */
export interface RebuildSettings {
  /** How long `find`, `query` and `count` wait for one before they fail with `ANNALS_REBUILDING`: `'5s'`. */
  readonly wait?: Duration
  /** How many events a second each slice of it handles at most; as many as it can, without one. */
  readonly rate?: number
}

export function checkRebuild(settings: RebuildSettings): void {
  checkOptions('annals: rebuild', settings, ['wait', 'rate'])
  const { wait, rate } = settings
  if (wait !== undefined) milliseconds(wait, 'annals: rebuild.wait')
  checkRate('annals: rebuild.rate', rate)
}

/** A rate is a number of events a second. */
export function checkRate(option: string, rate: number | undefined): void {
  checkWhole(option, rate, 1)
}

/** What a build is watched by. */
export interface Watching {
  /** How the version stands. */
  readonly look: () => Promise<Overview | undefined>
  /** Up to where the log is settled. */
  readonly settled: () => Promise<Position>
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly signal: AbortSignal | undefined
}

/** How a version was built. */
export interface Built extends Progress {
  /** How many of its events are parked, those that wait behind others included: it lacks what they do. */
  readonly parked: number
}

// in milliseconds
const betweenLooks = 250
const betweenLooksAtTheEnd = 20

// positions before the end of the log
const near = 5_000

/** Waits until a version has seen all that was recorded a moment ago; gives how it is then. */
export async function built({ look, settled, onProgress, signal }: Watching): Promise<Built> {
  const pace = new Pace()
  let goal = await settled()
  for (;;) {
    signal?.throwIfAborted()
    const standing = await look()
    if (!standing) misuse('rebuild: the version was dropped while it was being built')
    const { name, mode, paused, slices, parked, error } = standing
    if (paused) misuse(`rebuild: ${name} is paused; resume it, and call rebuild again`)
    const position = mode === 'inline' ? goal : Math.min(...slices.map((slice) => slice.position))
    const progress = pace.look(standing, goal)
    onProgress?.(progress)
    if (position >= goal) return { ...progress, remaining: 0, parked }
    if (slices.every(({ owner }) => owner === undefined) && error !== undefined)
      misuse(`rebuild: ${name} cannot go on: ${error}`)
    const pause = goal - position < near ? betweenLooksAtTheEnd : betweenLooks
    if (pause === betweenLooks) goal = await settled()
    await delay(pause, undefined, { ...(signal && { signal }) }).catch(() => undefined) // its reason is told next
  }
}
