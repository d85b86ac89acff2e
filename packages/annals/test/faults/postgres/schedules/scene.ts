import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { PostgresOptions } from '../../../../src/adapters/postgres/index.ts'
import type { Append, Appended, Draft } from '../../../../src/store/store.ts'
import { acknowledged, endedWith, now, type Ended } from '../caller.ts'
import type { Cluster } from '../cluster.ts'
import { following } from '../following.ts'
import { faultsOf, kindsOf, type Attempt, type Followed, type Outcome } from '../history.ts'
import {
  appendOf,
  connected,
  keptAt,
  nameOf,
  newPlace,
  storeAt,
  type Place,
  type Store,
} from '../place.ts'

/**
 * Steps on one store, each taken when the one before it is done; what was wrong beside the history, which
 * is looked at in any case.
 */
export type Schedule = (scene: Scene) => Promise<readonly string[]>

/** Makes a schema of a place that has none: that of the store, or one that was changed. */
export type Prepare = (place: Place) => Promise<void>

/** Plays a schedule on a schema of its own, and gives what went wrong. */
export async function play(
  schedule: Schedule,
  cluster: Cluster,
  prepare: Prepare,
): Promise<readonly string[]> {
  await using scene = await Scene.on(cluster, prepare)
  return await scene.judged(await schedule(scene))
}

/** A store, a follower, and others who hold transactions open. */
export class Scene implements AsyncDisposable {
  readonly cluster: Cluster
  readonly place: Place
  readonly store: Store
  /** How many events of a tag there may be. */
  mostOfTag = 1
  readonly #prepare: Prepare
  readonly #kept = new AsyncDisposableStack()
  readonly #attempts: Attempt[] = []
  readonly #pending = new Set<Promise<unknown>>()
  readonly #seen: Followed['seen'][number][] = []
  #cursor = 0

  private constructor(cluster: Cluster, prepare: Prepare) {
    this.cluster = cluster
    this.#prepare = prepare
    this.place = newPlace(cluster.url())
    this.store = this.open()
  }

  static async on(cluster: Cluster, prepare: Prepare): Promise<Scene> {
    const scene = new Scene(cluster, prepare)
    await prepare(scene.place)
    return scene
  }

  /** Another store at the same place. */
  open(options: PostgresOptions = {}): Store {
    return this.#kept.use(storeAt(this.place, options))
  }

  /** A scene of a store in another schema of the same database. */
  async neighbour(): Promise<Scene> {
    return this.#kept.use(await Scene.on(this.cluster, this.#prepare))
  }

  /** A connection that has nothing to do with the store. */
  async connect(): Promise<pg.Client> {
    return this.#kept.use(await connected(this.place.url))
  }

  /** A transaction of a caller's own. */
  async begin(isolation = 'read committed'): Promise<Transaction> {
    const client = await this.connect()
    await client.query(`begin isolation level ${isolation}`)
    const [row] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
    return new Transaction(this, client, row?.pid ?? 0)
  }

  /** Appends one or more events to streams, under no condition. */
  append(...drafts: readonly Draft[]): Promise<Outcome> {
    return this.guarded(appendOf(...drafts))
  }

  /** Appends, and tells what became of it. */
  guarded(append: Append): Promise<Outcome> {
    const outcome = this.#recorded(append)
    this.#pending.add(outcome)
    return outcome
  }

  /** Reads what has settled since, and gives up to where that is. */
  async follow(): Promise<number> {
    for await (const { cursor, seen } of following(this.store, this.#cursor)) {
      this.#seen.push(...seen)
      this.#cursor = cursor
    }
    return this.#cursor
  }

  /** Whether the follower is held back from anything that is there. */
  async stalled(): Promise<readonly string[]> {
    const cursor = await this.follow()
    const last = (await keptAt(this.place)).at(-1)?.position ?? 0
    return cursor < last ? ['stalled'] : []
  }

  /** When the work waits for a lock of a store, or is done without. */
  async waiting(work: Promise<unknown>, by?: Transaction): Promise<void> {
    const client = await this.connect()
    let done = false
    const end = () => (done = true)
    void work.then(end, end)
    const look = `select from pg_locks
      where locktype = 'advisory' and not granted and pid = coalesce($1, pid)`
    while (!done && (await client.query(look, [by?.pid ?? null])).rowCount === 0) await delay(1)
  }

  record(drafts: readonly Draft[], began: number, ended: Ended): void {
    const events = drafts.map(({ id, stream }) => ({ id, stream: nameOf(stream) }))
    this.#attempts.push({ writer: 'schedule', deed: 'step', events, began, ...ended })
  }

  /** What is wrong with the history, after the last thing was seen, and what else was. */
  async judged(wrong: readonly string[]): Promise<readonly string[]> {
    await Promise.all(this.#pending)
    const stalled = await this.stalled()
    const follower = { follower: 'follower', cursor: this.#cursor, seen: this.#seen }
    const kept = await keptAt(this.place)
    const history = {
      attempts: this.#attempts,
      kept,
      followed: [follower],
      mostOfTag: this.mostOfTag,
    }
    return [...wrong, ...stalled, ...kindsOf(faultsOf(history))]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept.disposeAsync()
  }

  async #recorded(append: Append): Promise<Outcome> {
    const began = now()
    const ended = await this.store.append(append).then(
      ({ events }) => acknowledged(events),
      (error: unknown) => endedWith(error),
    )
    this.record(append.drafts, began, ended)
    return ended.outcome
  }
}

/** A transaction of a caller's own, in which a store appends. */
export class Transaction {
  readonly client: pg.Client
  /** The process of the server that has it. */
  readonly pid: number
  readonly #scene: Scene
  readonly #drafts: Draft[] = []
  readonly #appended: Appended[] = []
  #began = 0

  constructor(scene: Scene, client: pg.Client, pid: number) {
    this.#scene = scene
    this.client = client
    this.pid = pid
  }

  /** Appends one or more events to streams, under no condition. */
  append(...drafts: readonly Draft[]): Promise<void> {
    return this.guarded(appendOf(...drafts))
  }

  async guarded(append: Append): Promise<void> {
    this.#began ||= now()
    this.#appended.push(await this.#scene.store.append(append, { tx: this.client }))
    this.#drafts.push(...append.drafts)
  }

  /**
   * Appends and commits, or rolls back, and tells what became of it. It waits for a lock as long as it may in one
   * piece; a store by itself asks again and again.
   */
  async concluded(append: Append): Promise<Outcome> {
    try {
      await this.guarded(append)
    } catch (error) {
      const ended = endedWith(error)
      this.#scene.record(append.drafts, this.#began, ended)
      await this.rollback()
      return ended.outcome
    }
    await this.commit()
    return 'acknowledged'
  }

  /** Ends it, by a statement after which it is going to be there. */
  async commit(statement = 'commit'): Promise<void> {
    await this.client.query(statement)
    this.#end(acknowledged(this.#appended.flatMap(({ events }) => events)))
  }

  async rollback(): Promise<void> {
    await this.client.query('rollback')
    this.#end(endedWith('rolled back', 'refused'))
  }

  #end(ended: Ended): void {
    this.#scene.record(this.#drafts, this.#began, ended)
    // the connection may begin another one
    this.#drafts.length = 0
    this.#appended.length = 0
    this.#began = 0
  }
}
