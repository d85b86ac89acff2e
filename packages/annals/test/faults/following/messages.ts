import type { Duration } from '../../../src/core/duration.ts'
import type { Position } from '../../../src/store/store.ts'
import type { Fate } from './footsteps.ts'
import type { Conduct, ModelName, ViewName } from './models.ts'
import type { Place, StoreSettings } from './place.ts'
import type { LedgerMutant } from './ports.ts'
import type { Trail } from './walk.ts'

/** What a process is started with. */
export interface LifeOptions extends StoreSettings {
  readonly inline?: readonly ModelName[]
  readonly background?: readonly ModelName[]
  /** How many views it keeps besides, which have nothing to do. */
  readonly idle?: number
  readonly conduct?: Conduct
  readonly fate?: Fate
  readonly without?: LedgerMutant
  /** What is replaced in the statements that go to SQLite. */
  readonly replaced?: readonly (readonly [from: string, to: string])[]
}

/** The same, with where it is to be. */
export interface WorkerOptions extends LifeOptions {
  readonly place: Place
}

/** Walks to be made. */
export interface Walking {
  readonly walks: readonly string[]
  /** Up to how many steps each. */
  readonly upTo: number
}

/** How a process finds a document. */
export interface Finding {
  readonly view: ViewName
  readonly key: string
  readonly after?: Position
  readonly timeout?: Duration
}

/** What a process can be asked to do. */
export interface Deeds {
  /** Runs what it keeps in the background. */
  start(): Promise<void>
  /** Makes steps until all walks are as long; gives the last position. */
  walk(walking: Walking): Promise<Position>
  /** Waits until all is handled, and nothing is parked. */
  settle(): Promise<void>
  find(finding: Finding): Promise<Trail | undefined>
  report(): Promise<Report>
  close(): Promise<void>
}

/** What a process tells of itself. */
export interface Report {
  readonly counts: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  /** In bytes, when what is not needed was given back. */
  readonly resident: number
  /** CPU time so far, in milliseconds. */
  readonly cpu: number
  /** For how many milliseconds at the most nothing else got its turn. */
  readonly standstill: number
}

/** Asks a process for a deed. */
export interface Order {
  readonly id: number
  readonly deed: keyof Deeds
  readonly given: readonly unknown[]
}

/** Tells how a deed ended. */
export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}
