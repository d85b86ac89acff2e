import type { Inline } from '../../../src/store/ledger.ts'
import type { Draft, EventStore } from '../../../src/store/store.ts'

/** Writes documents of inline models by an event of nobody, as nothing but an append writes them. */
export async function beside(
  store: EventStore,
  inline: Inline,
  change: (
    kept: ReadonlySet<number>,
    before: Parameters<Inline['change']>[2],
  ) => ReturnType<Inline['change']>,
): Promise<void> {
  await store.append({
    tenant: 'nobody',
    drafts: [ofNobody()],
    inline: { ...inline, change: (_, kept, before) => change(kept, before) },
  })
}

/** An event that no promise looks for. */
export function ofNobody(): Draft {
  return {
    id: crypto.randomUUID(),
    stream: { category: 'nothing', id: '1' },
    type: 'Nothing',
    schemaVersion: 1,
    data: '{}',
    metadata: '{}',
    tags: [],
  }
}
