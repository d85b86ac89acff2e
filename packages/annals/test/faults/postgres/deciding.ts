import type { EventStore, Filter, Guard } from '../../../src/store/store.ts'

/** What a decision has read, and the guard that holds for as long as nothing else has come. */
export interface Read {
  readonly positions: readonly number[]
  readonly guard: Guard
}

/** Reads for a decision: everything that is committed and matches. */
export async function readToDecide(store: EventStore, filter: Filter): Promise<Read> {
  const settled = await store.settled()
  const positions: number[] = []
  const pages = store.read({ tenant: '', filters: [filter] }, { unsettled: true })
  for await (const page of pages) positions.push(...page.map(({ position }) => position))
  const seen = positions.filter((position) => position > settled.position)
  return { positions, guard: { decision: { filters: [filter], after: { ...settled, seen } } } }
}
