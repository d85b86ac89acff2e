import { expect, test } from 'vitest'
import type { PageWork, Registration } from '../../store/ledger.ts'
import { begun, carts, commit, view } from '../../testing/contracts/ledger/vocabulary.ts'
import { everyEvent } from '../../testing/contracts/ledger/tally.ts'
import { cart, drafts, tenant } from '../../testing/contracts/store/vocabulary.ts'
import { memory } from './index.ts'

const refusal: unknown = expect.objectContaining({
  code: 'ANNALS_OPTION',
  message: expect.stringContaining('SQLite or PostgreSQL') as unknown,
})

test('a projection is refused, with where it can be', async () => {
  await using store = memory()
  const projections: Partial<Registration>[] = [{ kind: 'projection' }, { setup: () => undefined }]
  for (const change of projections)
    await expect(
      store.ledger.register([view(), view({ name: 'revenue', ...change })]),
    ).rejects.toEqual(refusal)
  expect(await store.ledger.overview()).toEqual([])
})

test('the work of a projection is refused wherever it comes from', async () => {
  await using store = memory()
  const lease = await begun(store)
  const work: PageWork = { own: { model: carts, run: () => undefined } }
  await expect(commit(store, lease, { ...work, position: 3 })).rejects.toEqual(refusal)
  await expect(store.ledger.turnInline(lease, everyEvent, () => work)).rejects.toEqual(refusal)
  expect(await store.ledger.turnInline(lease, everyEvent, () => ({}))).toBe(true)
  const own = [{ model: 0, run: () => undefined }]
  const inline = { models: [carts], documents: [], change: () => [], own }
  const sent = { tenant, drafts: drafts(cart('1'), 1), inline }
  await expect(store.append(sent)).rejects.toEqual(refusal)
  expect((await store.settled()).position).toBe(0)
})
