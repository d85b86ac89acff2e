import type { Awaitable } from '../../../core/awaitable.ts'
import type { Duration } from '../../../core/duration.ts'
import type { EventStore } from '../../../store/store.ts'
import { clock } from '../../clock.ts'
import type { MovableClock } from '../../clock.ts'
import type { Trial } from '../../contract.ts'
import { Neighbour } from './neighbour.ts'

/** The options that every store takes. */
export interface StoreOptions {
  readonly clock: () => Date
  readonly keepOnce: Duration
}

/** A transaction of a caller's own, in the database of a place. */
export interface CallersTransaction {
  /** What the stores of the place take as `tx`; of the type that they say. */
  readonly tx: never
  commit(): void | Promise<void>
  rollback(): void | Promise<void>
}

/** Where a store keeps its events, empty at first: a new database, a new file, nothing for memory. */
export interface StorePlace {
  readonly open: (options: StoreOptions) => EventStore | Promise<EventStore>
  /** Whether opening again gives another store on the same events; not so by default, as for memory. */
  readonly shared?: boolean
  /** How often the contract opens and closes it to look for leaks, 10,000 times by default. */
  readonly cycles?: number
  /** Begins a transaction; needed where stores take one as `tx`. */
  readonly begin?: () => CallersTransaction | Promise<CallersTransaction>
  /** Runs a statement with the `tx` that projections get, and gives its rows; needed where stores keep projections. */
  readonly run?: (tx: unknown, statement: string) => Awaitable<readonly unknown[]>
  /** Removes what the stores have left behind. */
  readonly remove?: () => Promise<void>
}

/** What a promise is tried on: a fresh store, with a neighbour beside where it is staged with one. */
export interface Scene {
  readonly clock: MovableClock
  readonly store: EventStore
  /** Another store on the same events where the place is shared, else the same. */
  readonly other: EventStore
  readonly place: StorePlace
  /** Opens one more, with no neighbour: on the same events where the place is shared, else empty. */
  readonly open: () => Promise<EventStore>
}

/** How long the stores of a scene remember `once` keys. */
const kept: Duration = '2d'

/** What stores promise: sentences, and how each is tried. */
export type StorePromises = Readonly<Record<string, (scene: Scene) => Promise<void>>>

/** Sets the scene for a promise, and clears it away. */
export function staged(play: (scene: Scene) => Promise<void>): Trial<StorePlace> {
  return stage(async (scene) => {
    const neighbour = new Neighbour()
    const store = neighbour.beside(scene.store)
    const other = scene.place.shared ? neighbour.beside(scene.other) : store
    await play({ ...scene, store, other })
    await neighbour.check(scene.store)
  })
}

/** Sets the scene for a promise with no neighbour beside, whose appends would keep no model inline. */
export function stage(play: (scene: Scene) => Promise<void>): Trial<StorePlace> {
  return async (openPlace) => {
    const place = await openPlace()
    const time = clock()
    const opened: EventStore[] = []
    const open = async () => {
      const store = await place.open({ clock: time, keepOnce: kept })
      opened.push(store)
      return store
    }
    try {
      const store = await open()
      const other = place.shared ? await open() : store
      await play({ clock: time, store, other, place, open })
    } finally {
      for (const store of opened) await store.close()
      await place.remove?.()
    }
  }
}
