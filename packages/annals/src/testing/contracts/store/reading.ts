import assert from 'node:assert/strict'
import type { Filter, ReadOptions, StoredEvent } from '../../../store/store.ts'
import type { Scene, StorePromises } from './scene.ts'
import { append, cart, draft, ids, matching, paging, read, refused, same } from './vocabulary.ts'

const mine = cart('1')

/** Thirty events: in carts 1 to 3 and baskets 1 to 3, of three types, some of them tagged. */
async function fill({ store }: Scene): Promise<StoredEvent[]> {
  const written: StoredEvent[] = []
  for (let turn = 0; turn < 30; turn++) {
    const category = turn % 5 < 3 ? 'cart' : 'basket'
    const stream = { category, id: `${(turn % 3) + 1}` }
    const type = ['Opened', 'Added', 'Closed'][(turn % 7) % 3] ?? ''
    const tags = [...(turn % 2 ? ['odd'] : []), ...(turn % 3 ? [] : ['third'])]
    written.push(...(await append(store, [draft(stream, { type, tags })])).events)
  }
  return written
}

/** Expects reads with these filters to give just what `wanted` says of all that was written. */
function finding(filters: readonly Filter[], wanted: (event: StoredEvent) => boolean) {
  const run: StorePromises[string] = async (scene) => {
    const events = (await fill(scene)).filter(wanted)
    assert.ok(events.length > 1 && events.length < 30)
    const query = matching(...filters)
    for (const options of [{}, { unsettled: true }, { page: 2 }])
      assert.deepEqual(await read(scene.other, query, options), events)
    assert.deepEqual(await read(scene.other, query, { backwards: true }), events.toReversed())
  }
  return run
}

/** Expects a read with these options to give this slice of what was written. */
async function slices(
  { other }: Scene,
  cases: readonly (readonly [ReadOptions, readonly StoredEvent[]])[],
  filter: Filter = {},
): Promise<void> {
  for (const [options, events] of cases)
    for (const page of [1, 4, 1_000])
      assert.deepEqual(
        await read(other, matching(filter), { ...options, page }),
        events,
        `${JSON.stringify(options)} in pages of ${page}`,
      )
}

export const readingPromises: StorePromises = {
  'a query of a category finds its events': finding(
    [{ category: 'cart' }],
    ({ stream }) => stream.category === 'cart',
  ),
  'a query of a stream finds its events': finding(
    [mine],
    ({ stream }) => stream.category === 'cart' && stream.id === '1',
  ),
  'a query of types finds events of any of them': finding(
    [{ types: ['Opened', 'Closed'] }],
    ({ type }) => type !== 'Added',
  ),
  'a query of a tag finds the events that carry it': finding([{ tags: ['odd'] }], ({ tags }) =>
    tags.includes('odd'),
  ),
  'a query of several tags finds the events that carry all of them': finding(
    [{ tags: ['odd', 'third'] }],
    ({ tags }) => ['odd', 'third'].every((tag) => tags.includes(tag)),
  ),
  'a query of a category, a type and a tag finds events that have all three': finding(
    [{ category: 'cart', types: ['Opened'], tags: ['third'] }],
    (event) =>
      event.stream.category === 'cart' && event.type === 'Opened' && event.tags.includes('third'),
  ),
  'a query of several filters finds what matches any of them, once': finding(
    [{ tags: ['odd'] }, { tags: ['third'] }, { category: 'basket', id: '2' }, { tags: ['odd'] }],
    ({ tags, stream }) => tags.length > 0 || (stream.category === 'basket' && stream.id === '2'),
  ),

  'a query of what is not there finds nothing, nor does one without filters': async (scene) => {
    assert.deepEqual(await read(scene.store, matching({})), [])
    await fill(scene)
    for (const filter of [
      cart('9'),
      { category: 'carts' },
      { types: ['Cart'] },
      { types: ['odd'] },
      { tags: ['Opened'] },
      { tags: ['odd', 'even'] },
    ])
      assert.deepEqual(await read(scene.other, matching(filter)), [])
    assert.deepEqual(await read(scene.other, matching()), [])
  },

  'after leaves its position out, and until takes it in': async (scene) => {
    const events = await fill(scene)
    const position = (index: number) => events[index]?.position ?? NaN
    await slices(scene, [
      [{ after: 0 }, events],
      [{ after: position(9) }, events.slice(10)],
      [{ until: position(9) }, events.slice(0, 10)],
      [{ after: position(4), until: position(9) }, events.slice(5, 10)],
      [{ after: position(9), until: position(9) }, []],
      [{ after: position(29) }, []],
      [{ until: 0 }, []],
      [
        { after: position(4), until: position(9), backwards: true },
        events.slice(5, 10).toReversed(),
      ],
    ])
  },

  'a limit takes so many from the end where the read begins': async (scene) => {
    const events = await fill(scene)
    const position = (index: number) => events[index]?.position ?? NaN
    await slices(scene, [
      [{ limit: 1 }, events.slice(0, 1)],
      [{ limit: 7 }, events.slice(0, 7)],
      [{ limit: 31 }, events],
      [{ limit: 7, after: position(4) }, events.slice(5, 12)],
      [{ limit: 7, backwards: true }, events.slice(23).toReversed()],
      [{ limit: 3, until: position(9), backwards: true }, events.slice(7, 10).toReversed()],
      [{ limit: 3, after: position(28), backwards: true }, events.slice(29)],
    ])
  },

  'a stream is read from a version to a version': async (scene) => {
    const events = (await fill(scene)).filter(
      ({ stream }) => stream.category === 'cart' && stream.id === '1',
    )
    assert.equal(events.length, 6)
    await slices(
      scene,
      [
        [{ versions: {} }, events],
        [{ versions: { after: 0 } }, events],
        [{ versions: { after: 2 } }, events.slice(2)],
        [{ versions: { until: 2 } }, events.slice(0, 2)],
        [{ versions: { after: 2, until: 4 } }, events.slice(2, 4)],
        [{ versions: { after: 6 } }, []],
        [{ versions: { after: 2 }, limit: 2 }, events.slice(2, 4)],
        [{ versions: { after: 2 }, backwards: true, limit: 2 }, events.slice(4).toReversed()],
        [{ versions: { after: 1 }, until: events[3]?.position ?? NaN }, events.slice(1, 4)],
      ],
      mine,
    )
  },

  'a page holds no more events than asked for, 1,000 if nothing is': async ({ store, other }) => {
    const { events } = await append(
      store,
      Array.from({ length: 2_500 }, () => draft(mine)),
    )
    for (const [page, most] of [
      [undefined, 1_000],
      [1, 1],
      [999, 999],
      [5_000, 5_000],
    ] as const) {
      const found: string[] = []
      for (const filter of [mine, {}])
        for await (const some of other.read(matching(filter), page ? { page } : {})) {
          assert.ok(some.length > 0 && some.length <= most)
          found.push(...ids(some))
        }
      same(found, [...ids(events), ...ids(events)])
    }
  },

  'a read may end early, and holds no append up meanwhile': async ({ store, other }) => {
    await append(
      store,
      Array.from({ length: 20 }, () => draft(mine)),
    )
    for (const filter of [mine, {}]) {
      const pages = paging(store.read(matching(filter), { page: 2 }))
      assert.equal((await pages.next()).value?.length, 2)
      await append(other, [draft(mine)])
      await append(store, [draft(mine)])
      await pages.return(undefined)
      assert.equal((await pages.next()).done, true)
    }
    for await (const page of store.read(matching({}), { page: 5 })) if (page.length) break
    assert.equal((await read(store, matching({}))).length, 24)
  },

  'reads that go on side by side do not disturb each other': async ({ store, other }) => {
    const { events } = await append(
      store,
      Array.from({ length: 60 }, () => draft(mine)),
    )
    const reads = [1, 2, 7, 60].flatMap((page) => [
      read(store, matching(mine), { page }),
      read(other, matching({}), { page }),
      read(store, matching({}), { page, backwards: true }).then((found) => found.toReversed()),
    ])
    for (const found of await Promise.all(reads)) assert.deepEqual(found, events)
  },

  'an option of a read that cannot work is refused': async ({ store }) => {
    await append(store, [draft(mine)])
    const numbers: ReadOptions[] = [
      { after: -1 },
      { after: NaN },
      { until: 0.5 },
      { limit: -1 },
      { limit: 1.5 },
      { page: 0 },
      { page: NaN },
      { versions: { after: -1 } },
    ]
    for (const options of numbers)
      await refused(read(store, matching(mine), options), 'ANNALS_OPTION')
    const versions = { after: 0 }
    for (const filters of [
      [{ category: 'cart' }],
      [mine, cart('2')],
      [{}],
      [mine, { tags: ['a'] }],
    ])
      await refused(read(store, matching(...filters), { versions }), 'ANNALS_OPTION')
    await refused(
      read(store, { tenant: undefined, filters: [mine] }, { versions }),
      'ANNALS_OPTION',
    )
  },

  'an aborted read stops with the reason of its signal': async ({ store }) => {
    await append(
      store,
      Array.from({ length: 20 }, () => draft(mine)),
    )
    const reason = new Error('the reader left')
    for (const filter of [mine, {}]) {
      const never = read(store, matching(filter), { signal: AbortSignal.abort(reason) })
      await assert.rejects(never, reason)
      const controller = new AbortController()
      const pages = paging(store.read(matching(filter), { page: 3, signal: controller.signal }))
      assert.equal((await pages.next()).value?.length, 3)
      controller.abort(reason)
      await assert.rejects(async () => pages.next(), reason)
    }
    assert.equal((await read(store, matching({}))).length, 20)
  },
}
