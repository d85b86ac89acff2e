import type { Standing } from '../store/ledger.ts'
import type { EventStore, Position } from '../store/store.ts'
import type { Processor } from './processor.ts'

/** A processor with how it stands. */
export interface ProcessorStanding {
  readonly processor: Processor<unknown>
  readonly standing: Standing
}

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
  #nextAt = 0

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

  /** Makes those versions live that have caught up. */
  async look(all: readonly ProcessorStanding[]): Promise<void> {
    const left: ProcessorStanding[] = []
    const errors: unknown[] = []
    for (const one of all) {
      if (!this.#building.has(one.processor)) continue
      const isLive = await this.#goesLive(one).catch((error: unknown) => void errors.push(error))
      if (!isLive) left.push(one)
    }
    if (left.length > 0) await this.#aimAgain(left)
    // what stands in the way of one is told at each look, and keeps no other back
    if (errors.length > 0) throw errors[0]
  }

  async #aimAgain(left: readonly ProcessorStanding[]): Promise<void> {
    const at = performance.now()
    const { position } = await this.#store.settled()
    for (const { processor } of left) this.#goals.set(processor, { position, at })
    if (left.some(({ standing }) => position - positionOf(standing) <= near)) this.#lookSoon()
    else this.#pause = shortestLook
  }

  async #goesLive({ processor, standing }: ProcessorStanding): Promise<boolean> {
    const goal = this.#goals.get(processor)
    const isThere =
      goal && positionOf(standing) >= goal.position && performance.now() - goal.at < latest
    if (!isThere || !(await this.#store.ledger.goLive(processor, goal.position))) return false
    this.#building.delete(processor)
    this.#goals.delete(processor)
    return true
  }

  // one look is called for at a time, however many there are
  #lookSoon(): void {
    const now = performance.now()
    if (now < this.#nextAt) return
    this.#nextAt = now + this.#pause
    this.#lookAgain(this.#pause)
    this.#pause = Math.min(longestLook, this.#pause * 2)
  }
}

function positionOf({ mode, slices }: Standing): Position {
  return mode === 'inline' ? Infinity : Math.min(...slices.map(({ position }) => position))
}
