import { setTimeout as delay } from 'node:timers/promises'
import { UnavailableError } from '../../core/errors.ts'
import { explained, isBusy } from './failures.ts'

/** How long to wait for a database that another connection holds. */
export interface Patience {
  /** In milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/** Runs `work`, again and again while another connection holds the database. */
export async function patiently<Result>(
  file: string,
  patience: Patience,
  work: () => Result,
): Promise<Result> {
  const started = performance.now()
  for (let attempt = 0; ; attempt++) {
    patience.signal?.throwIfAborted()
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw explained(error, file)
      if (performance.now() - started >= patience.timeout) throw held(file, patience, error)
    }
    await pause(attempt, patience.signal)
  }
}

// SQLite has no queue: who asks often gets the lock, so the pauses stay short (1, 2, 4, 8 … 16 ms)
const longestPause = 16

/** Waits a little, longer after each attempt; two who wait do not wake together. */
export async function pause(attempt: number, signal?: AbortSignal): Promise<void> {
  const most = Math.min(longestPause, 2 ** attempt)
  try {
    await delay(most * (0.5 + Math.random() / 2), undefined, signal ? { signal } : {})
  } catch (error) {
    // the timer's own error says only that it was aborted
    signal?.throwIfAborted()
    throw error
  }
}

/** What is said when the patience is over. */
export function held(file: string, { timeout }: Patience, cause: unknown): UnavailableError {
  return new UnavailableError(
    'ANNALS_UNAVAILABLE',
    `another connection held ${file} for more than ${timeout} ms: look for a transaction that is left open ` +
      '(in this program, appends inside it need `tx`), or raise the option `timeout`',
    { cause },
  )
}
