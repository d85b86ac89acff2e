import { annals, type App } from 'annals'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { serverUrl } from '../../postgres-place.ts'
import { below } from '../postgres/caller.ts'
import { fileOf, kinds, newPlace, remove, storeAt, type Place } from '../following/place.ts'
import { amount, lasting } from '../postgres/place.ts'
import { Count, effectsOf, program } from './models.ts'
import { Worker } from './processes.ts'
import type { Work } from './worker.ts'

const ids = Array.from({ length: 100 }, (_, index) => `c${index}`)

// events of each count before any version is rebuilt
const base = amount(100, 1_000)

const writers = 20

/** Appends events to all counts in turns, a thousand at a time. */
async function fill(place: Place): Promise<void> {
  await using store = storeAt(place)
  for (let round = 0; round < base; round += 10)
    await store.append({
      tenant: '',
      drafts: Array.from({ length: 1_000 }, (_, index) => ({
        id: crypto.randomUUID(),
        stream: { category: 'count', id: ids[index % ids.length] ?? '' },
        type: 'Counted',
        schemaVersion: 1,
        data: '{"by":1}',
        metadata: '{"correlation":"c","causation":"c"}',
        tags: [],
      })),
    })
}

/** Twenty who add to any of the counts until they are told to stop. */
class Writers {
  readonly #app: App
  readonly #all: Promise<void[]>
  #goesOn = true

  constructor(place: Place) {
    this.#app = annals({ store: storeAt(place), aggregates: [Count] })
    this.#all = Promise.all(Array.from({ length: writers }, () => this.#write()))
  }

  async stop(): Promise<void> {
    this.#goesOn = false
    await this.#all
    await this.#app.close()
  }

  async #write(): Promise<void> {
    while (this.#goesOn) {
      await this.#app.open(Count, ids[below(ids.length)] ?? '').add(1 + below(5))
      await delay(below(amount(60, 20))) // how fast they are, so that the rebuild comes to its turn on two cores
    }
  }
}

/** What people read under the plain name of the projection's table. */
interface People extends AsyncDisposable {
  totals(): Promise<ReadonlyMap<string, number>>
}

async function peopleOf(place: Place): Promise<People> {
  if (place.kind === 'SQLite') {
    const database = new DatabaseSync(fileOf(place), { readOnly: true, timeout: 10_000 })
    const read = () => database.prepare('select id, total from totals').all()
    return {
      totals: async () => new Map(read().map(({ id, total }) => [String(id), Number(total)])),
      [Symbol.asyncDispose]: async () => database.close(),
    }
  }
  const pool = new pg.Pool({ connectionString: serverUrl, max: 1 })
  const text = `select id, total from "${place.schema}".totals`
  return {
    totals: async () => {
      const { rows } = await pool.query<{ id: string; total: number }>(text)
      return new Map(rows.map(({ id, total }) => [id, total]))
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** Reads what people read, again and again: it never goes back. Gives what did, when it is told to stop. */
function watching(people: People): { stop: () => Promise<readonly string[]> } {
  let goesOn = true
  const wrong: string[] = []
  const all = (async () => {
    let before: ReadonlyMap<string, number> = new Map(ids.map((id) => [id, base]))
    while (goesOn) {
      const now = await people.totals()
      for (const [id, total] of before)
        if ((now.get(id) ?? 0) < total) wrong.push(`${id} shows ${now.get(id)} after ${total}`)
      before = now
      await delay(2)
    }
  })()
  return {
    stop: async () => {
      goesOn = false
      await all
      return wrong
    },
  }
}

/** Builds a version, by processes that are killed, each after a while, until one has come to the end. */
async function build(work: Work, kills: number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await using worker = new Worker({ ...work, role: 'build' })
    await Promise.race([worker.ended, delay(200 + below(800))])
  }
  const last = new Worker({ ...work, role: 'build' })
  expect(await last.ended).toBe('0')
}

/** What a fold of the log gives: of each count its events and their sum. */
async function folded(place: Place): Promise<ReadonlyMap<string, unknown>> {
  await using app = annals({ store: storeAt(place), aggregates: [Count] })
  const loaded = ids.map(async (id) => [id, (await app.load(Count, id)).state] as const)
  return new Map(await Promise.all(loaded))
}

/** Expects a version to be what a fold of the log gives, once it has caught up. */
async function complete(place: Place, version: number): Promise<void> {
  const { app, Counts } = program(place, version, 'background')
  await using bank = app
  await bank.start()
  await bank.caughtUp({ timeout: '60s' })
  const { documents } = await bank.query(Counts, { limit: 1_000 })
  const found = new Map(documents.map(({ key, state }) => [key, state]))
  expect(found).toEqual(await folded(place))
}

describe.each(kinds)('on %s', (kind) => {
  test.each(['background', 'inline'] as const)(
    'versions in the %s are rebuilt again and again under load, by processes that are killed, beside those of the old program',
    lasting,
    async (list) => {
      const place = newPlace(kind, serverUrl)
      try {
        await fill(place)
        const work: Work = { place, version: 1, role: 'keep', list, base, ids }
        let kept = new Worker(work)
        await kept.ready()
        await using people = await peopleOf(place)
        const writing = new Writers(place)
        const watched = watching(people)
        const newest = list === 'background' ? 3 : amount(2, 3)
        for (let version = 2; version <= newest; version++) {
          await build({ ...work, version }, amount(1, 10))
          await using next = new Worker({ ...work, version })
          await next.ready()
          const old = kept
          kept = new Worker({ ...work, version })
          await kept.ready()
          expect(await old.stop()).toEqual([])
          expect(await next.stop()).toEqual([])
        }
        await writing.stop()
        expect(await kept.stop()).toEqual([])
        await complete(place, newest)
        expect(await watched.stop()).toEqual([])
        const expected = await folded(place)
        expect(await people.totals()).toEqual(
          new Map([...expected].map(([id, state]) => [id, (state as { sum: number }).sum])),
        )
        await complete(place, newest - 1) // who goes back
        expect(await wrongEffects(place)).toEqual([])
      } finally {
        await remove(place)
      }
    },
  )
})

/** The events whose effect came more than once, or never. */
async function wrongEffects(place: Place): Promise<readonly string[]> {
  const times = new Map<string, number>()
  for (const id of readFileSync(effectsOf(place), 'utf8').trim().split('\n'))
    times.set(id, (times.get(id) ?? 0) + 1)
  await using store = storeAt(place)
  const wrong: string[] = []
  for await (const page of store.read({ tenant: '', filters: [{}] }))
    for (const { id, position } of page)
      if (times.get(id) !== 1) wrong.push(`${position}: ${times.get(id) ?? 0} times`)
  return wrong
}
