import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { AnnalsError } from '../../../src/core/errors.ts'
import type { Overview } from '../../../src/store/ledger.ts'
import type { Draft, EventStore, Position } from '../../../src/store/store.ts'
import { serverUrl } from '../../postgres-place.ts'
import { connected } from '../postgres/place.ts'
import { Life } from './life.ts'
import type { LifeOptions } from './messages.ts'
import { mendedFile, type ModelName } from './models.ts'
import { newPlace, remove, storeAt, type Place } from './place.ts'
import { waysOf } from './walk.ts'

/** How long something may take that must come, in milliseconds. */
const patience = 60_000

/** A place, the processes that keep models there, and a store of the test, which keeps none. */
export class Stage implements AsyncDisposable {
  readonly place: Place
  readonly store: EventStore
  readonly #lives = new Set<Life>()
  readonly #lengths = new Map<string, number>()

  private constructor(place: Place) {
    this.place = place
    this.store = storeAt(place)
  }

  /** An empty place; one of PostgreSQL is in a database of the server that all tests talk to, or of another one. */
  static at(kind: Place['kind'], url = serverUrl): Stage {
    return new Stage(newPlace(kind, url))
  }

  /** Changes the schema that the store makes. */
  async change(sql: string): Promise<void> {
    const { place, store } = this
    await store.settled()
    if (place.kind === 'SQLite') return
    await using client = await connected(place.url)
    await client.query(`set search_path to "${place.schema}"`)
    await client.query(sql)
  }

  /** Starts a process. */
  begin(options: LifeOptions = {}): Life {
    const life = new Life(this.place, options)
    this.#lives.add(life)
    void life.ended.then(() => this.#lives.delete(life))
    return life
  }

  /** Starts a process that runs its models. */
  async started(options: LifeOptions = {}): Promise<Life> {
    const life = this.begin(options)
    await life.do('start')
    return life
  }

  /** Appends steps to walks that nobody else makes, together; gives the last position. */
  async append(walks: readonly string[], steps = 1): Promise<Position> {
    const drafts = walks.flatMap((walk) => {
      const done = this.#lengths.get(walk) ?? 0
      this.#lengths.set(walk, done + steps)
      return Array.from({ length: steps }, (_, index) => stepDraft(walk, done + index + 1))
    })
    // the same ids: whatever became of it before, it is there once
    for (;;)
      try {
        return (await this.store.append({ tenant: '', drafts })).position
      } catch (error) {
        if (!(error instanceof AnnalsError && error.retry)) throw error
      }
  }

  /** Appends a step to each of some walks again and again, for as long as the work lasts. */
  async appending<Result>(walks: readonly string[], work: () => Promise<Result>): Promise<Result> {
    let over = false
    const goOn = async () => {
      while (!over) {
        await this.append(walks)
        await delay(100)
      }
    }
    const finish = async () => {
      try {
        return await work()
      } finally {
        over = true
      }
    }
    const [result] = await Promise.all([finish(), goOn()])
    return result
  }

  /** Mends what made events fail, and asks for all that wait for a person. */
  async mend(): Promise<void> {
    writeFileSync(mendedFile(this.place), '')
    for (const parked of await this.store.ledger.parked({ limit: 1_000 }))
      if (parked.attempts > 0) await this.store.ledger.request(parked, 'retry')
  }

  /** How a model stands. */
  async standing(model: ModelName): Promise<Overview | undefined> {
    const all = await this.store.ledger.overview()
    return all.find(({ name }) => name === model)
  }

  /** The process that runs the first slice of a model. */
  async ownerOf(model: ModelName): Promise<Life | undefined> {
    const owner = (await this.standing(model))?.slices[0]?.owner
    return [...this.#lives].find((life) => owner?.includes(`:${life.pid}:`))
  }

  /** Waits until something is there; it is looked for again and again. */
  async until<Found>(
    what: string,
    look: () => Promise<Found | undefined>,
    limit = patience,
  ): Promise<Found> {
    for (const end = performance.now() + limit; ; await delay(50)) {
      const found = await look()
      if (found !== undefined) return found
      if (performance.now() > end) throw new Error(`${what} did not come`)
    }
  }

  /** Waits until a model has handled everything up to a position. */
  async passed(model: ModelName, position: Position, limit = patience): Promise<void> {
    const look = async () => {
      const slices = (await this.standing(model))?.slices ?? []
      return (slices.length > 0 && slices.every((slice) => slice.position >= position)) || undefined
    }
    await this.until(`${model} at ${position}`, look, limit)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lives].map((life) => life.kill()))
    await this.store.close()
    await remove(this.place)
  }
}

/** A step of a walk. */
function stepDraft(walk: string, number: number): Draft {
  return {
    id: randomUUID(),
    stream: { category: 'walk', id: walk },
    type: 'Stepped',
    schemaVersion: 1,
    data: JSON.stringify({ number, ways: waysOf(number) }),
    metadata: '{}',
    tags: [],
  }
}
