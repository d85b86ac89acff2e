import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complete, inlineOf, turn } from '../../../src/testing/contracts/ledger/tally.ts'
import { carts, take, view } from '../../../src/testing/contracts/ledger/vocabulary.ts'
import { Cluster } from './cluster.ts'
import { readToDecide } from './deciding.ts'
import { firstFaults } from './history.ts'
import {
  amount,
  appendOf,
  connected,
  draft,
  fact,
  keptAt,
  lasting,
  newPlace,
  storeAt,
} from './place.ts'
import { Proxy } from './proxy.ts'
import { Run } from './run.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await Cluster.make({ max_connections: 200 })
})

afterAll(() => cluster[Symbol.asyncDispose]())

/** A store that is used already, and the network before it. */
async function stage(timeout: '5s' | '300ms' = '5s') {
  const proxy = await Proxy.before(cluster.port)
  const place = newPlace(cluster.url())
  const store = storeAt({ ...place, url: proxy.url() }, { timeout, answer: '1s' })
  await store.append(appendOf(draft({ category: 'first', id: '1' })))
  return {
    place,
    store,
    proxy,
    async [Symbol.asyncDispose]() {
      proxy.heal()
      await store.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

describe.each(['unsent', 'sent', 'done'] as const)(
  'when a connection breaks, the request %s,',
  (reach) => {
    const stream = { category: 'cut', id: '1' }

    test('an append is there once, where it says', async () => {
      await using at = await stage()
      const append = appendOf(draft(stream), draft(stream))
      const broken = at.proxy.breakNext(reach, append.drafts[0]?.id)
      const { events } = await at.store.append(append)
      await broken
      const kept = (await keptAt(at.place)).slice(1)
      expect(events).toMatchObject(
        kept.map(({ id, position, version }) => ({ id, position, version })),
      )
      expect(kept).toHaveLength(2)
    })

    test('an append that was the first of its stream is not refused for itself', async () => {
      await using at = await stage()
      const append = appendOf(draft(stream))
      const broken = at.proxy.breakNext(reach, append.drafts[0]?.id)
      await at.store.append({ ...append, guard: { streams: [{ ...stream, version: 'none' }] } })
      await broken
      expect(await keptAt(at.place)).toHaveLength(2)
    })

    test('a decision is not refused for itself', async () => {
      await using at = await stage()
      const { guard } = await readToDecide(at.store, { tags: ['seat:1'] })
      const append = appendOf(fact(['seat:1']))
      const broken = at.proxy.breakNext(reach, append.drafts[0]?.id)
      await at.store.append({ ...append, guard })
      await broken
      expect(await keptAt(at.place)).toHaveLength(2)
    })

    test.each([
      ['the append', (id: string) => id],
      ['its documents', (id: string) => `["${id}`],
      ['its commit', () => 'commit'],
    ])('an append changes a document once, where %s breaks', async (_, words) => {
      await using at = await stage()
      await at.store.ledger.register([view()])
      await turn(at.store, await take(at.store, 'a'))
      const drafts = [draft(stream, ['all']), draft(stream)]
      const broken = at.proxy.breakNext(reach, words(drafts[0]?.id ?? ''))
      await at.store.append({ ...appendOf(...drafts), inline: inlineOf(drafts, [carts], '') })
      await broken
      expect(await keptAt(at.place)).toHaveLength(3)
      await complete(at.store, carts, '')
    })

    test('a once key is not refused for itself', async () => {
      await using at = await stage()
      const append = appendOf(draft(stream))
      const once = { stream, key: 'k', fingerprint: 'f', version: 1, events: 1 }
      const broken = at.proxy.breakNext(reach, append.drafts[0]?.id)
      await at.store.append({ ...append, once: [once] })
      await broken
      expect(await keptAt(at.place)).toHaveLength(2)
    })
  },
)

test('a fact is there once, whose first copy comes through beside the second', async () => {
  await using at = await stage()
  await using slow = await connected(at.place.url)
  await slow.query(`begin; lock table "${at.place.schema}".events in share mode`)
  const append = appendOf(fact(['seat:1']))
  const broken = at.proxy.breakNext('sent', append.drafts[0]?.id)
  const appended = at.store.append(append)
  await broken
  const look = `select from pg_locks where not granted and relation = '"${at.place.schema}".events'::regclass`
  while ((await slow.query(look)).rows.length < 2) await delay(1)
  await slow.query('commit')
  await appended
  expect(await keptAt(at.place)).toHaveLength(2)
})

describe('a network that takes what is sent and says nothing', () => {
  const append = appendOf(draft({ category: 'unheard', id: '1' }))

  test('leaves an append of unknown outcome, which is there once when it is sent again', async () => {
    await using at = await stage('300ms')
    const held = at.proxy.breakNext('held', append.drafts[0]?.id)
    const appended = at.store.append(append)
    await held
    await expect(appended).rejects.toMatchObject({ code: 'ANNALS_OUTCOME_UNKNOWN' })
    at.proxy.heal()
    const { events } = await at.store.append(append)
    const kept = (await keptAt(at.place)).slice(1)
    expect(kept).toMatchObject(
      events.map(({ id, position, version }) => ({ id, position, version })),
    )
    expect(kept).toHaveLength(1)
  })

  test('leaves an append of unknown outcome whose commit it takes, and its documents are changed once', async () => {
    await using at = await stage('300ms')
    await at.store.ledger.register([view()])
    await turn(at.store, await take(at.store, 'a'))
    const inlined = { ...append, inline: inlineOf(append.drafts, [carts], '') }
    const held = at.proxy.breakNext('held', 'commit')
    const appended = at.store.append(inlined)
    await held
    await expect(appended).rejects.toMatchObject({ code: 'ANNALS_OUTCOME_UNKNOWN' })
    at.proxy.heal()
    await at.store.append(inlined)
    await complete(at.store, carts, '')
  })

  test('ends a read', async () => {
    await using at = await stage('300ms')
    at.proxy.swallow()
    await expect(at.store.settled()).rejects.toMatchObject({ code: 'ANNALS_UNAVAILABLE' })
  })
})

test(
  'a network that breaks in every way under load loses nothing and shows nothing twice',
  lasting,
  async () => {
    await using proxy = await Proxy.before(cluster.port)
    await using run = await Run.at(newPlace(cluster.url()), proxy.url())
    run.write(2, 8)
    run.follow(1)
    await run.acknowledged(100)
    for (let round = 0; round < amount(2, 50); round++) {
      proxy.cut()
      await run.acknowledged(20)
      for (const reach of ['unsent', 'sent', 'done'] as const) {
        await proxy.breakNext(reach)
        await run.acknowledged(10)
      }
      proxy.delay(() => Math.random() * 30)
      await run.acknowledged(20)
      proxy.swallow()
      await delay(100) // for so long nothing is heard
      if (round % 2 === 0) proxy.cut()
      proxy.heal()
      await run.acknowledged(20)
    }
    expect(firstFaults(await run.finish())).toEqual([])
  },
)
