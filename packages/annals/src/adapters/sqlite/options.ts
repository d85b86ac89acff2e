import { keepFor, milliseconds, type Duration, type Keep } from '../../core/duration.ts'
import { checkOptions } from '../../core/options.ts'
import { clockOf } from '../../store/clock.ts'

/** How a SQLite store behaves. */
export interface SqliteOptions {
  /** How long to wait for a database that another process or connection holds: `'5s'`. */
  readonly timeout?: Duration
  /** For how long a `once` key is remembered: `'30d'`, or `'forever'`. */
  readonly keepOnce?: Keep
  /** Tells the time that events are recorded with, and that leases go by: the clock of the system. */
  readonly clock?: () => Date
}

/** The options as the store uses them, spans in milliseconds. */
export interface Settings {
  readonly timeout: number
  readonly keepOnce: number
  readonly clock: () => Date
}

/** Options with their defaults, or an error that names the wrong one. */
export function settingsOf(options: SqliteOptions): Settings {
  checkOptions('sqlite', options, ['timeout', 'keepOnce', 'clock'])
  const { timeout = '5s', keepOnce = '30d', clock } = options
  return {
    timeout: milliseconds(timeout, 'timeout'),
    keepOnce: keepFor(keepOnce, 'keepOnce'),
    clock: clockOf('sqlite', clock),
  }
}
