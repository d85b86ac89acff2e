import { milliseconds } from '../core/duration.ts'
import type { Duration } from '../core/duration.ts'

/** A clock that stands still until a test moves it; wherever a `clock` is taken, it fits. */
export interface MovableClock {
  (): Date
  /** Moves the clock forward. */
  advance(duration: Duration): void
  /** Moves the clock to an instant, also back. */
  set(instant: Date): void
}

/** Makes a clock for tests; it stands at `start`, by default the first moment of 2026. */
export function clock(start: Date = new Date('2026-01-01T00:00:00Z')): MovableClock {
  let now = start.getTime()
  return Object.assign(() => new Date(now), {
    advance(duration: Duration) {
      now += milliseconds(duration, 'the time to advance a clock by')
    },
    set(instant: Date) {
      now = instant.getTime()
    },
  })
}
