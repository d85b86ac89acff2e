import type { App } from 'annals'
import { expect, vi } from 'vitest'

// in milliseconds
const grace = 10_000

/** Closes an app whose handlers are given ten seconds to end, which pass at once; only these, since drivers keep time too. */
export async function closedAfterGrace(bank: App): Promise<void> {
  const { setTimeout } = globalThis
  const spy = vi.spyOn(globalThis, 'setTimeout')
  const passing = (work: () => void, wait?: number) => {
    if (wait !== grace) return setTimeout(work, wait)
    spy.mockRestore()
    return setTimeout(work)
  }
  spy.mockImplementation(passing)
  try {
    await bank.close()
  } finally {
    spy.mockRestore()
  }
}

/** What ends only with a signal. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

/** Waits until a condition holds; what a machine under load takes a while for, too. */
export function eventually<T>(look: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(look, { interval: 10, timeout: 20_000 })
}
