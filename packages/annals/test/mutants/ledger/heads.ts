import type { Parked } from '../../../src/store/ledger.ts'

/** The first event of each queue. */
export function headsOf(events: readonly Parked[]): readonly Parked[] {
  return events.filter(
    (one, index) =>
      index ===
      events.findIndex(({ tenant, queue }) => tenant === one.tenant && queue === one.queue),
  )
}
