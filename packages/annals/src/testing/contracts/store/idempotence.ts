import assert from 'node:assert/strict'
import type { Draft } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import { append, at, cart, draft, drafts, history, ids, refused, rounds } from './vocabulary.ts'

const mine = cart('1')

export const idempotencePromises: StorePromises = {
  'the same append again gives the first result and adds nothing': async ({ store, other }) => {
    const sent = [draft(mine), draft(cart('2'), { tags: ['a', 'b'] }), draft(mine)]
    const first = await append(store, sent)
    assert.deepEqual(await append(store, sent), first)
    assert.deepEqual(await append(other, sent), first)
    assert.deepEqual(ids(await history(store, mine)), [sent[0]?.id, sent[2]?.id])
    assert.equal((await history(store, cart('2'))).length, 1)
  },

  'the same append again gives the first result though its guard no longer holds': async (
    scene,
  ) => {
    const { store, other } = scene
    const sent = drafts(mine, 2)
    const first = await append(store, sent, at(mine, 'none'))
    await append(other, drafts(mine, 3))
    assert.deepEqual(await append(store, sent, at(mine, 'none')), first)
    assert.deepEqual(await append(other, sent, at(mine, 0)), first)
    assert.equal((await history(store, mine)).length, 5)
  },

  'the same append twice at the same time is there once': async ({ store, other }) => {
    await rounds(50, async (round) => {
      const stream = cart(`${round}`)
      const sent = drafts(stream, 2)
      const senders = [store, other, store].map((one) => append(one, sent, at(stream, 'none')))
      const [first, ...others] = await Promise.all(senders)
      for (const result of others) assert.deepEqual(result, first)
      assert.deepEqual(await history(store, stream), first?.events)
    })
  },

  'a stored id with other content is refused': async ({ store, other }) => {
    const first = draft(mine, { tags: ['a', 'b'] })
    await append(store, [first])
    const changes: Partial<Draft>[] = [
      { data: '{"sku":"other"}' },
      { metadata: '{"actor":"bob"}' },
      { type: 'ItemRemoved' },
      { schemaVersion: 2 },
      { tags: ['a'] },
      { tags: ['a', 'c'] },
      { stream: cart('2') },
      { stream: { category: 'basket', id: '1' } },
    ]
    for (const change of changes)
      await refused(append(other, [{ ...first, ...change }]), 'ANNALS_ID_REUSED')
    assert.equal((await history(store, mine)).length, 1)
    assert.deepEqual(await history(store, cart('2')), [])
  },

  'an append of which only some ids are stored is refused': async ({ store, other }) => {
    const [first = draft(mine), second = draft(mine), third = draft(mine)] = drafts(mine, 3)
    await append(store, [first, second])
    await refused(append(other, [first, second, third]), 'ANNALS_ID_REUSED')
    await refused(append(other, [third, first]), 'ANNALS_ID_REUSED')
    assert.deepEqual(ids(await history(store, mine)), ids([first, second]))
  },

  'an id belongs to one tenant': async ({ store }) => {
    const sent = [draft(mine)]
    await append(store, sent)
    await refused(store.append({ tenant: 'other', drafts: sent }), 'ANNALS_ID_REUSED')
    const theirs = { tenant: 'other', filters: [{}] }
    for await (const page of store.read(theirs)) assert.deepEqual(page, [])
  },

  'an id that is twice in one append, or is no UUID, is refused': async ({ store }) => {
    const event = draft(mine)
    await refused(append(store, [event, event]), 'ANNALS_ID_REUSED')
    for (const id of ['', 'x', event.id.toUpperCase(), `{${event.id}}`])
      await refused(append(store, [draft(mine, { id })]), 'ANNALS_OPTION')
    assert.deepEqual(await history(store, mine), [])
  },

  'an append that was refused leaves its ids free': async ({ store, other }) => {
    const sent = drafts(mine, 2)
    await refused(append(store, sent, at(mine, 'some')), 'ANNALS_CONFLICT')
    await append(other, [draft(mine)])
    await append(store, sent, at(mine, 'some'))
    assert.deepEqual(ids(await history(other, mine)).slice(1), ids(sent))
  },
}
