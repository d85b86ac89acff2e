import assert from 'node:assert/strict'
import type { StorePromises } from './scene.ts'
import { append, cart, draft, drafts, matching, read } from './vocabulary.ts'

const mine = cart('1')

export const timePromises: StorePromises = {
  'an event carries the time of its append': async ({ store, other, clock }) => {
    const started = clock()
    await append(store, drafts(mine, 2))
    clock.advance('90ms')
    await append(other, drafts(mine, 1))
    clock.advance('365d')
    await append(store, drafts(mine, 1))
    const times = (await read(other, matching({}))).map((event) => event.at.getTime())
    const start = started.getTime()
    assert.deepEqual(times, [start, start, start + 90, start + 90 + 365 * 86_400_000])
  },

  'recorded time never goes back, though the clock does': async (scene) => {
    const { store, other, clock } = scene
    const noon = new Date('2026-06-01T12:00:00Z')
    clock.set(noon)
    const [before] = (await append(store, [draft(mine)])).events
    clock.set(new Date('2026-06-01T11:00:00Z'))
    const [after] = (await append(other, [draft(cart('2'))])).events
    assert.deepEqual([before?.at, after?.at], [noon, noon])
    if (scene.place.shared) await append(await scene.open(), [draft(mine)])
    clock.set(new Date('2026-06-01T13:00:00Z'))
    await append(store, [draft(mine)])
    const times = (await read(other, matching({}))).map((event) => event.at.getTime())
    assert.deepEqual(
      times,
      times.toSorted((one, next) => one - next),
    )
    assert.equal(times.at(-1), clock().getTime())
  },
}
