import type { Standing } from '../store/ledger.ts'
import type { EventStore, Position } from '../store/store.ts'
import type { Processor } from './processor.ts'

interface Goal {
  readonly position: Position
  readonly at: number
}

// In milliseconds. A version that has reached what was the end of the log so lately has caught up: longer than any pause between two
// looks, or none would be in time. Near the end one looks often.
const latest = 5_000
const shortestLook = 50
const longestLook = 2_000

// positions before the end of the log
const near = 10_000

/** Knows which versions are being built, and makes those live that have caught up. */
export class Builds {
  readonly #store: Pick<EventStore, 'ledger' | 'settled'>
  readonly #lookAgain: (milliseconds: number) => void
  readonly #building = new Set<Processor<unknown>>()
  readonly #goals = new Map<Processor<unknown>, Goal>()
  #pause = shortestLook

  /** `lookAgain` calls for another look in so many milliseconds. */
  constructor(
    store: Pick<EventStore, 'ledger' | 'settled'>,
    lookAgain: (milliseconds: number) => void,
  ) {
    this.#store = store
    this.#lookAgain = lookAgain
  }

  /** Whether a version is being built, as far as is known. */
  has(processor: Processor<unknown>): boolean {
    return this.#building.has(processor)
  }

  /** Notes how a processor stands. */
  note(processor: Processor<unknown>, { live, paused }: Standing): void {
    if (live || paused) this.#building.delete(processor)
    else this.#building.add(processor)
  }

  /** Makes a version live where it has caught up. */
  async look(processor: Processor<unknown>, { mode, slices }: Standing): Promise<void> {
    if (!this.#building.has(processor)) return
    const position =
      mode === 'inline' ? Infinity : Math.min(...slices.map((slice) => slice.position))
    const goal = this.#goals.get(processor)
    if (goal && position >= goal.position && performance.now() - goal.at < latest) {
      // what stands in the way is told at each look, until it is gone
      this.#goals.set(processor, { ...goal, at: performance.now() })
      if (await this.#store.ledger.goLive(processor, goal.position)) {
        this.#building.delete(processor)
        this.#goals.delete(processor)
        return
      }
    }
    const at = performance.now()
    const settled = await this.#store.settled()
    this.#goals.set(processor, { position: settled.position, at })
    if (settled.position - position > near) this.#pause = shortestLook
    else {
      this.#lookAgain(this.#pause)
      this.#pause = Math.min(longestLook, this.#pause * 2)
    }
  }
}
