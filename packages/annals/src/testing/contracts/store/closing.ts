import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import type { EventStore } from '../../../store/store.ts'
import type { StorePromises } from './scene.ts'
import {
  append,
  cart,
  dense,
  draft,
  drafts,
  history,
  matching,
  paging,
  read,
  refused,
  rounds,
  tenant,
  versions,
} from './vocabulary.ts'

const mine = cart('1')
const view = { name: 'carts', version: '1' }

function stopped(store: EventStore): Promise<void>[] {
  return [
    refused(append(store, [draft(mine)]), 'ANNALS_CLOSED'),
    refused(read(store, matching(mine)), 'ANNALS_CLOSED'),
    refused(read(store, matching({})), 'ANNALS_CLOSED'),
    refused(store.settled(), 'ANNALS_CLOSED'),
    refused(store.remembered(tenant, { stream: mine, key: 'a' }), 'ANNALS_CLOSED'),
    refused(store.follow(matching({}), { after: 0 }), 'ANNALS_CLOSED'),
    refused(store.watermark(), 'ANNALS_CLOSED'),
    ...(store.migrations ? [refused(store.migrations.apply(), 'ANNALS_CLOSED')] : []),
    refused(store.ledger.overview(), 'ANNALS_CLOSED'),
    refused(store.ledger.tend({ owner: 'a', term: 1, held: [], runs: [] }), 'ANNALS_CLOSED'),
    refused(store.documents.find(view, { tenant, key: 'a' }), 'ANNALS_CLOSED'),
  ]
}

/** What the process holds open: handles that keep it alive, and files where the system lists them. */
async function held(): Promise<number> {
  const files = await readdir('/dev/fd').catch(() => [])
  const handles = process.getActiveResourcesInfo().filter((kind) => !passing.test(kind))
  return files.length + handles.length
}

// what is over by the next turn, such as the reading of the folder above
const passing = /^Immediate$|^FSReq/

export const closingPromises: StorePromises = {
  'a closed store says so, whatever it is asked': async ({ open }) => {
    const store = await open()
    await append(store, [draft(mine)])
    await store.close()
    await Promise.all(stopped(store))
  },

  'closing twice is fine, also at the same time, also by disposal': async ({ open }) => {
    const store = await open()
    await Promise.all([store.close(), store.close()])
    await store.close()
    await store[Symbol.asyncDispose]()
    const other = await open()
    await other[Symbol.asyncDispose]()
    await Promise.all(stopped(other))
  },

  'closing waits for appends on their way': async ({ open, place, store: witness }) => {
    const store = await open()
    let done = 0
    const appends = Array.from({ length: 100 }, () => append(store, [draft(mine)]))
    for (const one of appends) one.finally(() => done++).catch(() => undefined)
    await store.close()
    assert.equal(done, 100)
    assert.deepEqual(
      versions((await Promise.all(appends)).flatMap(({ events }) => events)),
      dense(100),
    )
    if (place.shared) assert.deepEqual(versions(await history(witness, mine)), dense(100))
  },

  'a read that its store leaves by closing ends with an error': async ({ open }) => {
    const store = await open()
    await append(store, drafts(mine, 20))
    for (const filter of [mine, {}]) {
      const pages = paging(store.read(matching(filter), { page: 2 }))
      await pages.next()
      if (filter === mine) continue
      await store.close()
      await refused(pages.next(), 'ANNALS_CLOSED')
    }
  },

  'an append that is aborted before it begins writes nothing': async ({ store }) => {
    const reason = new Error('the caller left')
    const sent = { tenant, drafts: [draft(mine)] }
    await assert.rejects(store.append(sent, { signal: AbortSignal.abort(reason) }), reason)
    await append(store, sent.drafts)
    assert.equal((await history(store, mine)).length, 1)
  },

  'what was written is there when the store is opened again': async ({ store, place, open }) => {
    if (!place.shared) return
    const { events } = await append(store, drafts(mine, 3))
    const again = await open()
    assert.deepEqual(await history(again, mine), events)
    await append(again, drafts(mine, 1))
    await again.close()
    assert.deepEqual(versions(await history(store, mine)), dense(4))
  },

  'opening and closing again and again leaves nothing behind': async ({ place, clock }) => {
    const cycle = async () => {
      const store = await place.open({ clock, keepOnce: '2d' })
      await append(store, [draft(mine)])
      for await (const page of store.read(matching({}), { page: 1 })) if (page.length) break
      await store.close()
    }
    await cycle()
    const before = await held()
    await rounds(place.cycles ?? 10_000, cycle)
    const after = await held()
    assert.ok(after <= before + 2, `${after - before} files or handles more than before`)
  },
}
