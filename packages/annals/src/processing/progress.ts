import type { Progress } from '../core/errors.ts'
import type { Standing } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'

interface Look {
  readonly at: number
  readonly position: Position
}

// in milliseconds: the rate is that of the last seconds
const longestMeasured = 10_000
const shortestMeasured = 200

/** Watches a version that is being built. */
export class Pace {
  readonly #looks: Look[] = []

  /** How far it is now. */
  look({ name, version, slices }: Standing, goal: Position): Progress {
    const position = Math.floor(
      slices.reduce((sum, slice) => sum + slice.position, 0) / Math.max(1, slices.length),
    )
    const now = { at: performance.now(), position }
    const first = this.#looks[0] ?? now
    if (now.at - first.at > longestMeasured) this.#looks.shift()
    this.#looks.push(now)
    const passed = now.at - first.at
    const rate =
      passed < shortestMeasured ? undefined : ((position - first.position) * 1_000) / passed
    const left = Math.max(0, goal - position)
    const remaining = left === 0 ? 0 : rate !== undefined && rate > 0 ? left / rate : undefined
    return { name, version, position, goal, rate, remaining }
  }
}

/** What a progress is, in words. */
export function progressText({ position, goal, remaining }: Progress): string {
  const part = goal === 0 ? 100 : Math.floor((Math.min(position, goal) * 100) / goal)
  const left =
    remaining === undefined ? '' : `, about ${Math.max(1, Math.round(remaining))} s are left`
  return `at position ${position} of ${goal} (${part} %)${left}`
}
