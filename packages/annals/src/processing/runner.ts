import { hostname } from 'node:os'
import type { Lease, Runs, SliceStanding, Standing } from '../store/ledger.ts'
import type { EventStore, Position, Query } from '../store/store.ts'
import { codecOf } from '../store/codec.ts'
import { Bell } from './bell.ts'
import { Builds } from './builds.ts'
import { errorText } from './failures.ts'
import { handlingOf, type AppFor } from './handling.ts'
import { LogReader } from './log-reader.ts'
import { Moves } from './moves.ts'
import { isSame, type Processor } from './processor.ts'
import { SliceRun, type Ending } from './slice-run.ts'
import { Turnings } from './turnings.ts'

// In milliseconds. A killed owner is replaced after a term and a tending at the most.
const term = 6_000
const betweenTendings = 2_000

// in milliseconds: how long a handler may take to end when the process stops
const grace = 10_000

// in milliseconds: what cannot run is tried again, for its cause may be mended from outside
const afterFailure = 30_000

/** What a runner runs with. */
export interface RunnerParts {
  readonly store: EventStore
  readonly processors: readonly Processor<unknown>[]
  /** Those of the processors that are to be inline once they have caught up. */
  readonly inline: ReadonlySet<Processor<unknown>>
  readonly appFor: AppFor
  /** How many events a second a version that is being built handles at most, each slice of it. */
  readonly rate?: number | undefined
  /** Whether versions become live that have caught up. */
  readonly goesLive: boolean
}

/** What a process knows of a processor that it runs. */
export interface Running {
  readonly handled: number
  /** What goes wrong, `undefined` when all is well. */
  readonly error: string | undefined
  /** Whether it cannot go on: see `error`. */
  readonly failed: boolean
}

interface Failed {
  readonly error: unknown
  readonly until: number
}

/**
 * Runs processors in this process: claims what slices it can, as many as are its share among all processes that run
 * them, renews its leases, and gives up what others have taken over.
 */
export class Runner {
  readonly owner: string = `${hostname()}:${process.pid}:${crypto.randomUUID().slice(0, 8)}`
  readonly #parts: RunnerParts
  #reader: LogReader | undefined
  readonly #moves: Moves
  readonly #bell = new Bell()
  readonly #builds: Builds
  readonly #turnings: Turnings
  readonly #runs = new Map<Processor<unknown>, Set<SliceRun>>()
  readonly #failed = new Map<Processor<unknown>, Failed>()
  readonly #handled = new Map<Processor<unknown>, number>()
  readonly #ends = new Set<Promise<void>>()
  #expiry: ReturnType<typeof setTimeout> | undefined
  #error: string | undefined
  #stopping = false
  #tending: Promise<void> | undefined

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.#moves = new Moves(parts.store.ledger, (lease) => {
      const run = this.#runOf(lease)
      if (run) this.#lose(run)
    })
    this.#turnings = new Turnings(parts)
    this.#builds = new Builds(parts.store, (pause) => {
      if (!this.#stopping) this.#bell.ringIn(pause)
    })
    for (const processor of parts.processors) this.#runs.set(processor, new Set())
  }

  /** Begins; there when all that can be claimed runs. */
  async start(): Promise<void> {
    if (this.#parts.processors.length === 0) return
    await this.#tend()
    this.#tending = this.#tendOn()
  }

  /** Ends all runs after the event that each is at, and gives the leases back. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#bell.ring()
    this.#bell.silence()
    if (!this.#tending) return
    const runs = [...this.#allRuns()]
    const late = setTimeout(() => runs.forEach((run) => run.giveUp()), grace)
    await Promise.all([this.#tending, ...runs.map((run) => run.stop())])
    clearTimeout(late)
    clearTimeout(this.#expiry)
    await this.#settled()
    await this.#leave()
  }

  // what this process ran is free for all others now, and not only its share; a store that does not answer finds out
  async #leave(): Promise<void> {
    const { store } = this.#parts
    const tending = { owner: this.owner, term: 0, held: [], runs: this.#runsNow() }
    await store.ledger.tend(tending).catch(() => undefined)
  }

  /** Looks after everything at once, not only when it is time. */
  nudge(): void {
    this.#bell.ring()
  }

  /** How far this process has come with the slice that a hash belongs to, where it runs it. */
  positionOf(processor: Processor<unknown>, hash: number): Position | undefined {
    for (const run of this.#runs.get(processor) ?? [])
      if (run.lease.first <= hash && hash <= run.lease.last) return run.position
    return undefined
  }

  /** What this process knows of a processor. */
  running(processor: Processor<unknown>): Running {
    const runs = [...(this.#runs.get(processor) ?? [])]
    const failed = this.#failed.get(processor)
    const past = this.#handled.get(processor) ?? 0
    return {
      handled: runs.reduce((sum, { handled }) => sum + handled, past),
      error: failed
        ? errorText(failed.error)
        : (runs.find(({ error }) => error)?.error ?? this.#error),
      failed: failed !== undefined,
    }
  }

  *#allRuns(): Generator<SliceRun> {
    for (const runs of this.#runs.values()) yield* runs
  }

  #runOf(lease: Lease): SliceRun | undefined {
    return [...this.#allRuns()].find((run) => run.lease === lease)
  }

  async #tendOn(): Promise<void> {
    while (!this.#stopping) {
      await this.#bell.rungWithin(betweenTendings)
      if (this.#stopping) return
      try {
        await this.#tend()
        this.#error = undefined
      } catch (error) {
        this.#error = errorText(error) // and the leases expire, unless the store answers in time
      }
    }
  }

  async #tend(): Promise<void> {
    const { store, processors } = this.#parts
    const asked = performance.now()
    const held = [...this.#allRuns()].map(({ lease }) => lease)
    const standings = await store.ledger.tend({
      owner: this.owner,
      term,
      held,
      runs: this.#runsNow(),
    })
    this.#expireAfter(term - (performance.now() - asked))
    const wanted: (readonly [Processor<unknown>, SliceStanding])[] = []
    for (const processor of processors) {
      const standing = standings.find((one) => isSame(processor, one))
      if (!standing) continue
      this.#builds.note(processor, standing)
      for (const slice of await this.#reconcile(processor, standing))
        wanted.push([processor, slice])
    }
    await this.#claim(wanted)
    if (!this.#parts.goesLive) return
    await this.#builds.look(
      standings.flatMap((standing) => {
        const processor = processors.find((one) => isSame(one, standing))
        return processor ? [{ processor, standing }] : []
      }),
    )
  }

  async #claim(wanted: readonly (readonly [Processor<unknown>, SliceStanding])[]): Promise<void> {
    const { store } = this.#parts
    if (wanted.length === 0 || this.#stopping) return
    const names = wanted.map(([{ name, version }, { first }]) => ({ name, version, first }))
    // asked for before: where the history changes in between, nothing is read under these leases
    const { epoch } = await store.settled()
    const leases = await store.ledger.claim(names, this.owner, term)
    if (this.#stopping) await store.ledger.release(leases)
    else for (const lease of leases) this.#begin(lease, this.#readerOf(epoch))
  }

  #runsNow(): readonly Runs[] {
    return this.#parts.processors.map((processor) => {
      const { name, version } = processor
      return { name, version, error: this.running(processor).error }
    })
  }

  /** Who could not renew its leases in time must take them for lost. */
  #expireAfter(milliseconds: number): void {
    clearTimeout(this.#expiry)
    this.#expiry = setTimeout(() => {
      for (const run of this.#allRuns()) run.giveUp()
    }, milliseconds)
  }

  /** Brings what runs here in line with how the processor stands; gives the slices to claim. */
  async #reconcile(
    processor: Processor<unknown>,
    standing: Standing,
  ): Promise<readonly SliceStanding[]> {
    const runs = this.#runs.get(processor) ?? new Set()
    const { slices, mode, paused, wanted, runners } = standing
    const own = new Set<SliceStanding>()
    for (const run of runs) {
      const slice = slices.find(({ first }) => first === run.lease.first)
      if (slice?.owner === this.owner && slice.token === run.lease.token) own.add(slice)
      else this.#lose(run)
    }
    if (mode === 'inline' || paused || this.#hasFailed(processor)) {
      for (const run of runs) void run.stop()
      return []
    }
    const cap =
      wanted === slices.length ? Infinity : Math.max(...slices.map(({ position }) => position))
    for (const run of runs) {
      run.runUpTo(cap)
      if (slices.some(({ first, due }) => due && first === run.lease.first)) run.lookAtParked()
    }
    const share = Math.ceil(slices.length / Math.max(1, runners))
    for (const run of [...runs].slice(share)) void run.stop()
    const free = slices.filter((slice) => slice.owner === undefined && !own.has(slice))
    if (
      cap < Infinity &&
      free.length === slices.length &&
      free.every(({ position }) => position === cap)
    ) {
      if (await this.#parts.store.ledger.recut(processor)) this.nudge()
      return []
    }
    return shuffled(free.filter(({ position }) => position < cap)).slice(
      0,
      Math.max(0, share - runs.size),
    )
  }

  #lose(run: SliceRun): void {
    this.#reader?.forget()
    run.giveUp()
  }

  #hasFailed(processor: Processor<unknown>): boolean {
    const failed = this.#failed.get(processor)
    if (failed && failed.until <= performance.now()) this.#failed.delete(processor)
    return this.#failed.has(processor)
  }

  // those who began before a failover go on with theirs, until they are refused
  #readerOf(epoch: string): LogReader {
    const { store, processors } = this.#parts
    if (!this.#reader?.isOf(epoch))
      this.#reader = new LogReader(store, everythingOf(processors), epoch)
    return this.#reader
  }

  #begin(lease: Lease, reader: LogReader): void {
    const { processors, store, appFor, rate } = this.#parts
    const processor = processors.find((one) => isSame(one, lease))
    if (!processor) return
    const run = new SliceRun({
      processor,
      handling: handlingOf(processor, appFor, store.observer),
      lease,
      store,
      reader,
      query: queryOf(processor),
      isBuilding: this.#builds.has(processor),
      rate,
      move: (of, position) => this.#moves.move(of, position),
      turning: this.#turnings.of(processor, lease),
    })
    this.#runs.get(processor)?.add(run)
    const end = run.ended
      .then((ending) => this.#ended(processor, run, ending))
      .finally(() => this.#ends.delete(end))
    this.#ends.add(end)
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#ends)
    await this.#moves.close()
  }

  async #ended(processor: Processor<unknown>, run: SliceRun, ending: Ending): Promise<void> {
    this.#handled.set(processor, (this.#handled.get(processor) ?? 0) + run.handled)
    if (typeof ending === 'object')
      this.#failed.set(processor, { error: ending.failed, until: performance.now() + afterFailure })
    if (ending === 'lost') this.#lose(run)
    if (ending === 'inline') this.#turnings.turned(processor)
    if (ending === 'lost' || ending === 'inline') this.#moves.drop(run.lease)
    else {
      await this.#moves.flush()
      // where the store does not answer, the lease expires
      await this.#parts.store.ledger.release([run.lease]).catch(() => undefined)
    }
    this.#runs.get(processor)?.delete(run)
    if (!this.#stopping) this.nudge()
  }
}

/** The events that a processor handles, of all tenants. */
function queryOf({ events, types }: Processor<unknown>): Query {
  return { tenant: undefined, filters: [{ types: codecOf(events).namesOf(types) }] }
}

/** The events that any of the processors handles. */
function everythingOf(processors: readonly Processor<unknown>[]): Query {
  const types = processors.flatMap((processor) => queryOf(processor).filters[0]?.types ?? [])
  return { tenant: undefined, filters: [{ types: [...new Set(types)] }] }
}

/** In another order each time, so that processes that come together do not want the same. */
function shuffled<T>(list: readonly T[]): readonly T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
