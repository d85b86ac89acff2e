import { setTimeout as delay } from 'node:timers/promises'

const longest = 250

/** Waits a little, longer after each attempt; two who wait do not wake together. */
export function pause(attempt: number): Promise<void> {
  return delay(Math.min(longest, 5 * 2 ** attempt) * (0.5 + Math.random() / 2))
}
