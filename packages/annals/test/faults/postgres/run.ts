import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Begun, Ended } from './caller.ts'
import type { Attempt, Followed, History } from './history.ts'
import type { FollowerMessage, FollowerOptions, WriterMessage, WriterOptions } from './messages.ts'
import { connected, keptAt, storeAt, type Place } from './place.ts'
import { Worker } from './worker.ts'

/** How many events of a tag decisions let through. */
const mostOfTag = 5

/** How long to wait for what must come, and for each append of many, in milliseconds. */
const patience = 60_000
const patienceWithOne = 50

interface Follower extends Followed {
  readonly worker: Worker
  readonly epochs: Set<string>
}

/** Processes that write to a place and follow it, and all that they tell. */
export class Run implements AsyncDisposable {
  readonly #place: Place
  readonly #through: string
  readonly #writers: Worker[] = []
  readonly #followers: Follower[] = []
  readonly #attempts = new Map<string, Begun & Partial<Ended>>()
  readonly #heard = new EventEmitter<{ message: [] }>()
  #acknowledged = 0
  #started = 0

  private constructor(place: Place, through: string) {
    this.#place = place
    this.#through = through
  }

  /** A run that nobody writes to or follows yet; its processes may reach the place by another address. */
  static async at(place: Place, through: string = place.url): Promise<Run> {
    await using store = storeAt(place)
    await store.settled()
    await using client = await connected(place.url)
    await client.query(`create table if not exists "${place.schema}".notes (text text)`)
    return new Run(place, through)
  }

  /** Starts processes that write, each with so many callers. */
  write(processes: number, callers: number): void {
    for (let process = 0; process < processes; process++) this.#startWriter(callers)
  }

  /** Starts processes that follow. */
  follow(processes: number): void {
    for (let process = 0; process < processes; process++) this.#startFollower()
  }

  /** Waits until so many more appends were acknowledged. */
  async acknowledged(count: number): Promise<void> {
    const enough = this.#acknowledged + count
    const limit = patience + count * patienceWithOne
    await this.#until(`${count} appends`, () => this.#acknowledged >= enough, limit)
  }

  /** Waits until every follower has seen what is there now. */
  async caughtUp(): Promise<void> {
    const last = (await keptAt(this.#place)).at(-1)?.position ?? 0
    await this.#until(`position ${last} at every follower`, () =>
      this.#followers.every(({ cursor }) => cursor >= last),
    )
  }

  /** Kills the writing process that is the oldest. */
  async killWriter(): Promise<void> {
    await this.#writers.shift()?.kill()
  }

  /** Stops everything when the followers have seen all, and gives what happened. */
  async finish(): Promise<History> {
    for (const writer of this.#writers) await writer.stop()
    await this.#writersGone()
    await this.caughtUp()
    for (const { worker } of this.#followers) await worker.stop()
    this.#complain()
    const attempts = [...this.#attempts].map(([key, attempt]): Attempt => ({
      // a writer that was killed knows no outcome
      outcome: 'unknown',
      ended: Infinity,
      ...attempt,
      writer: key,
    }))
    return { attempts, kept: await keptAt(this.#place), followed: this.#followers, mostOfTag }
  }

  /** The epochs that the followers read in. */
  get epochs(): ReadonlySet<string> {
    return new Set(this.#followers.flatMap(({ epochs }) => [...epochs]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const workers = [...this.#writers, ...this.#followers.map(({ worker }) => worker)]
    await Promise.all(workers.map((worker) => worker.kill()))
  }

  #startWriter(callers: number): void {
    const name = `writer ${++this.#started}`
    const options: WriterOptions = { ...this.#placeOf('writer'), name, callers, mostOfTag }
    const writer = new Worker(new URL('./writer.ts', import.meta.url), options, (message) => {
      if (message) this.#hearWriter(name, message as WriterMessage)
      this.#heard.emit('message')
    })
    this.#writers.push(writer)
  }

  #hearWriter(name: string, message: WriterMessage): void {
    const key = `${name}/${message.attempt}`
    if (message.kind === 'ended' && message.outcome === 'acknowledged') this.#acknowledged++
    this.#attempts.set(key, { ...(this.#attempts.get(key) as Begun), ...message })
  }

  #startFollower(): void {
    const follower = `follower ${++this.#started}`
    const seen: FollowerMessage['seen'][number][] = []
    const options: FollowerOptions = this.#placeOf('follower')
    const worker = new Worker(new URL('./follower.ts', import.meta.url), options, (message) => {
      if (message) {
        const saw = message as FollowerMessage
        seen.push(...saw.seen)
        entry.epochs.add(saw.epoch)
        entry.cursor = saw.cursor
      }
      this.#heard.emit('message')
    })
    const entry = { follower, worker, seen, epochs: new Set<string>(), cursor: 0 }
    this.#followers.push(entry)
  }

  // so that its connections are told from others
  #placeOf(application: string): Place {
    return { ...this.#place, url: `${this.#through}?application_name=${application}` }
  }

  /** Waits until no connection of a writer is left: what a killed one has sent may still be committed. */
  async #writersGone(): Promise<void> {
    await using client = await connected(this.#place.url)
    const left = () =>
      client.query(`select from pg_stat_activity where application_name = 'writer'`)
    while ((await left()).rows.length > 0) await delay(1)
  }

  async #until(what: string, holds: () => boolean, limit = patience): Promise<void> {
    const signal = AbortSignal.timeout(limit)
    while (!holds()) {
      this.#complain()
      try {
        await once(this.#heard, 'message', { signal })
      } catch (error) {
        throw new Error(`${what} did not come within ${limit} ms`, { cause: error })
      }
    }
  }

  #complain(): void {
    const workers = [...this.#writers, ...this.#followers.map(({ worker }) => worker)]
    for (const { complaint } of workers) if (complaint) throw new Error(complaint)
  }
}
