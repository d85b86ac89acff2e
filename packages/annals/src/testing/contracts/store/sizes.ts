import assert from 'node:assert/strict'
import { largestData, longestName } from '../../../store/admission.ts'
import type { Draft } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import {
  append,
  cart,
  dense,
  draft,
  drafts,
  history,
  ids,
  matching,
  read,
  refused,
  same,
  tagged,
  versions,
} from './vocabulary.ts'

const mine = cart('1')

/** A JSON text of exactly so many bytes. */
function text(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`
}

function counting(events: number): StorePromises[string] {
  return async ({ store, other }) => {
    const sent = drafts(mine, events)
    const appended = await append(store, sent)
    same(ids(appended.events), ids(sent))
    const found = await history(other, mine)
    same(ids(found), ids(sent))
    same(versions(found), dense(events))
  }
}

export const sizePromises: StorePromises = {
  'an append takes 1,000 events': counting(1_000),
  'an append takes 10,001 events': counting(10_001),
  'an append takes 70,000 events': counting(70_000),

  'data and metadata of one byte and of 16 MiB are kept': async ({ store, other }) => {
    const sent = [
      draft(mine, { data: '0', metadata: '0' }),
      draft(mine, { data: text(largestData) }),
      draft(mine, { metadata: text(largestData) }),
      draft(mine, { data: `"${'é'.repeat(largestData / 2 - 1)}"` }),
    ]
    await append(store, sent)
    const found = await history(other, mine)
    for (const [index, { data, metadata }] of sent.entries()) {
      assert.ok(found[index]?.data === data, `the data of event ${index} is as it was`)
      assert.ok(found[index].metadata === metadata, `the metadata of event ${index} is as it was`)
    }
  },

  'a byte more than 16 MiB is refused, with all of its append': async ({ store }) => {
    for (const more of [
      { data: text(largestData + 1) },
      { metadata: text(largestData + 1) },
      { data: `${'é'.repeat(largestData / 2)}x` },
    ])
      await refused(append(store, [draft(mine), draft(mine, more)]), 'ANNALS_TOO_LARGE')
    assert.deepEqual(await history(store, mine), [])
  },

  'a name of 1,000 bytes is kept, and one of 1,001 refused': async ({ store, other }) => {
    const name = '🦊'.repeat(longestName / 4)
    const event = draft({ category: name, id: name }, { type: name, tags: [name] })
    const { events } = await append(store, [event])
    assert.deepEqual(await history(other, event.stream), events)
    assert.deepEqual(await read(other, matching({ types: [name], tags: [name] })), events)
    const tooLong: Partial<Draft>[] = [
      { type: `${name}x` },
      { tags: [`${name}x`] },
      { stream: cart(`${name}x`) },
      { stream: { category: `${name}x`, id: '1' } },
    ]
    for (const change of tooLong)
      await refused(append(store, [draft(mine), draft(mine, change)]), 'ANNALS_TOO_LARGE')
    assert.deepEqual(await history(store, mine), [])
  },

  'an event may carry 10,000 tags, and is found by each': async ({ store, other }) => {
    const tags = Array.from({ length: 10_000 }, (_, index) => `seat:${index}`)
    const { events } = await append(store, [tagged(...tags)])
    await append(store, [tagged('seat:5'), tagged('seat:70000')])
    same(events[0]?.tags ?? [], tags)
    for (const tag of ['seat:0', 'seat:4999', 'seat:9999'])
      same(ids(await read(other, matching({ tags: [tag] }))), ids(events))
    same(ids(await read(other, matching({ tags: tags.slice(0, 500) }))), ids(events))
  },

  'a query may have 10,000 filters, or 10,000 types': async ({ store, other }) => {
    const { events } = await append(store, [
      tagged('seat:9999'),
      draft(mine, { type: 'Type9999' }),
      tagged('seat:-1'),
    ])
    const filters = Array.from({ length: 10_000 }, (_, seat) => ({ tags: [`seat:${seat}`] }))
    assert.deepEqual(await read(other, matching(...filters)), events.slice(0, 1))
    const types = Array.from({ length: 10_000 }, (_, type) => `Type${type}`)
    assert.deepEqual(await read(other, matching({ types })), events.slice(1, 2))
  },
}
