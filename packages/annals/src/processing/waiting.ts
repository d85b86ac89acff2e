import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, type Duration } from '../core/duration.ts'
import type { WaitOptions } from './app.ts'

// in milliseconds, between two looks at how far another process has come
const shortestLook = 5
const longestLook = 100

/** What is missing: the error that says so, after so long. */
export type Lack = (after: Duration) => Error

/** How to wait. */
export interface Waiting extends WaitOptions {
  /** When it began, by `performance.now()`, where a `timeout` is for more than this wait. */
  readonly since?: number
}

/** Looks again and again, less often as time goes by, until nothing is missing; what is missing is told at last. */
export async function waited(
  { timeout, signal, since }: Waiting,
  byDefault: Duration,
  missing: () => Promise<Lack | undefined>,
): Promise<void> {
  const patience = timeout ?? byDefault
  const begun = timeout === undefined ? undefined : since
  const end = (begun ?? performance.now()) + milliseconds(patience, 'timeout')
  for (let pause = shortestLook; ; pause = Math.min(longestLook, pause * 1.5)) {
    signal?.throwIfAborted()
    const lacks = await missing()
    if (lacks === undefined) return
    if (performance.now() >= end) throw lacks(patience)
    await delay(pause, undefined, { ...(signal && { signal }) }).catch(() => undefined) // its reason is told next
  }
}
