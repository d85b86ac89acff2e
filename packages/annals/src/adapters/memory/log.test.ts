import { expect, test } from 'vitest'
import { append, cart, draft, drafts, matching } from '../../testing/contracts/store/vocabulary.ts'
import { memory } from './index.ts'

test('a follower finds what comes after many thousands that are not for it', async () => {
  await using store = memory()
  await append(store, drafts(cart('1'), 25_000))
  const { events } = await append(store, [draft(cart('1'), { type: 'Rare' })])
  await append(store, drafts(cart('1'), 5))
  const query = matching({ types: ['Rare'] })
  const found: unknown[] = []
  const stops: number[] = []
  for (let after = 0; after < 25_006; after = stops.at(-1) ?? NaN) {
    const page = await store.follow(query, { after })
    found.push(...page.events)
    stops.push(page.until)
  }
  expect(found).toEqual(events)
  expect(stops).toEqual([10_000, 20_000, 25_006])
})
