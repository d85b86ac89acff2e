import type { EventStore } from '../../../src/store/store.ts'
import type { Followed } from './history.ts'

/** What a follower has seen since it last told, and up to where it has seen everything. */
export interface Progress {
  readonly epoch: string
  readonly cursor: number
  readonly seen: Followed['seen']
}

/** Reads what is settled and comes after a position, page by page. Last comes the settled position. */
export async function* following(store: EventStore, after: number): AsyncGenerator<Progress> {
  const { epoch, position } = await store.settled()
  if (position <= after) return
  const everything = { tenant: undefined, filters: [{}] }
  for await (const page of store.read(everything, { after, until: position })) {
    const seen = page.map((event) => ({ id: event.id, position: event.position }))
    yield { epoch, cursor: seen.at(-1)?.position ?? after, seen }
  }
  yield { epoch, cursor: position, seen: [] }
}
