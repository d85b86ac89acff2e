import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Processing } from '../processing/processing.ts'
import { isSame, type Processor } from '../processing/processor.ts'
import type { Overview, ProcessorKind } from '../store/ledger.ts'
import type { Holder, Position } from '../store/store.ts'
import { fullName } from './which.ts'

/** How an app stands. */
export interface Status {
  readonly store: StoreStatus
  readonly processors: readonly ProcessorStatus[]
}

/** How far the log has come. */
export interface StoreStatus {
  /** The last position that was recorded. */
  readonly head: Position
  /** Up to where followers may read. */
  readonly settled: Position
  /** Who holds it below the head, the longest first. */
  readonly holders: readonly Holder[]
}

/**
 * `new`: the store does not know it yet, and will when a process that keeps it starts, or appends. `inline`: kept by every append,
 * also while it is paused. `following`: some process runs it. `stopped`: no process does. `failed`: it cannot go on as it is,
 * which `error` explains.
 */
export type ProcessorState = 'new' | 'inline' | 'following' | 'paused' | 'stopped' | 'failed'

/** How a processor stands. */
export interface ProcessorStatus {
  readonly kind: ProcessorKind
  readonly name: string
  readonly version: string
  /** Whether it is the version that is read; another one is being built, or is kept for going back. */
  readonly live: boolean
  readonly state: ProcessorState
  /** Up to where all of it is handled, or parked; `undefined` while it is `new`. */
  readonly position: Position | undefined
  /** How many positions the head is beyond that; `undefined` while it is `new`. */
  readonly lag: number | undefined
  /** How many events a second this process has handled since it was asked before; `undefined` where it runs none of it. */
  readonly rate: number | undefined
  readonly slices: readonly SliceStatus[]
  readonly parked: ParkedStatus
  /** What goes wrong in this or another process, if anything does. */
  readonly error: string | undefined
}

/** How a part of a processor stands. */
export interface SliceStatus {
  readonly position: Position
  /** The process that runs it: its host, its process id, and a part that no other has. */
  readonly owner: string | undefined
}

/** What of a processor was put aside. */
export interface ParkedStatus {
  /** How many events, with those that wait behind others. */
  readonly events: number
  /** How many queues stand until somebody retries or discards their first event. */
  readonly stuck: number
  /** When the oldest of them was parked. */
  readonly oldest: Date | undefined
}

/** How the store of an app stands, and each of its views, projections and subscriptions. It writes nothing. */
export async function status(app: App): Promise<Status> {
  const { store, processing } = partsBehind('status', app)
  const { head, position: settled, holders } = await store.watermark()
  const overviews = await store.ledger.overview(processing.processors)
  const processors = processing.processors.map((processor) => {
    const found = overviews.find((one) => isSame(processor, one))
    return found ? statusOf(processing, processor, found, head) : statusOfNew(processor)
  })
  return { store: { head, settled, holders }, processors }
}

function statusOf(
  processing: Processing,
  processor: Processor<unknown>,
  overview: Overview,
  head: Position,
): ProcessorStatus {
  const { kind, name, version, live, mode, slices, parked: events, stuck, oldest } = overview
  const inline = mode === 'inline'
  const position = inline ? head : Math.min(...slices.map((slice) => slice.position))
  const running = processing.running(processor)
  return {
    kind,
    name,
    version,
    live,
    position,
    state: stateOf(overview, running?.failed ?? false),
    lag: Math.max(0, head - position),
    rate: running && rateOf(processing, processor, running.handled),
    slices: slices.map((slice) => ({
      position: inline ? head : slice.position,
      owner: slice.owner,
    })),
    parked: { events, stuck, oldest },
    error: running?.error ?? overview.error,
  }
}

function statusOfNew({ kind, name, version }: Processor<unknown>): ProcessorStatus {
  return {
    kind,
    name,
    version,
    live: false,
    position: undefined,
    state: 'new',
    lag: undefined,
    rate: undefined,
    slices: [],
    parked: { events: 0, stuck: 0, oldest: undefined },
    error: undefined,
  }
}

function stateOf({ mode, paused, slices, error }: Overview, failed: boolean): ProcessorState {
  if (mode === 'inline') return 'inline'
  if (paused) return 'paused'
  if (slices.every(({ owner }) => owner === undefined))
    return failed || error !== undefined ? 'failed' : 'stopped'
  return 'following'
}

interface Look {
  readonly at: number
  readonly handled: number
}

/** Of each app its own. */
const looks = new WeakMap<Processing, Map<string, Look>>()

function rateOf(processing: Processing, processor: Processor<unknown>, handled: number): number {
  const name = fullName(processor)
  const look = { at: performance.now(), handled }
  const ofApp = looks.get(processing) ?? new Map<string, Look>()
  const before = ofApp.get(name) ?? { at: processing.startedAt, handled: 0 }
  looks.set(processing, ofApp.set(name, look))
  return ((handled - before.handled) * 1_000) / Math.max(1, look.at - before.at)
}
