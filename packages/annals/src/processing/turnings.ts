import type { Lease } from '../store/ledger.ts'
import { hashes } from '../store/slices.ts'
import type { EventStore } from '../store/store.ts'
import { isSame, type Processor } from './processor.ts'
import type { Turning } from './slice-run.ts'

// in milliseconds: the pause after somebody made it follow, which doubles when that goes on
const shortestPause = 1_000
const longestPause = 60_000

interface TurningsParts {
  readonly store: Pick<EventStore, 'ledger'>
  readonly processors: readonly Processor<unknown>[]
  /** Those of the processors that are to be inline once they have caught up. */
  readonly inline: ReadonlySet<Processor<unknown>>
}

/**
 * When processors become inline. An append of a process that does not keep one makes it follow: while such a process goes on, as
 * in a roll-out, it is better followed than turned again and again, since between its turns nobody keeps it for a while.
 */
export class Turnings {
  readonly #parts: TurningsParts
  /** Those that became inline here: when, by `performance.now()`, and how long to wait if they follow again. */
  readonly #turned = new Map<Processor<unknown>, { readonly at: number; readonly pause: number }>()

  constructor(parts: TurningsParts) {
    this.#parts = parts
  }

  /** How a processor becomes inline under a lease; `undefined` where it does not. */
  of(processor: Processor<unknown>, { first, last }: Lease): Turning | undefined {
    const isWhole = first === 0 && last === hashes - 1
    if (!isWhole || !this.#parts.inline.has(processor)) return undefined
    return {
      after: this.#recent(processor)?.pause ?? 0,
      isKeptByAll: () => this.#isKeptByAll(processor),
    }
  }

  /** A processor has become inline. */
  turned(processor: Processor<unknown>): void {
    const before = this.#recent(processor)?.pause
    const pause = before === undefined ? shortestPause : Math.min(longestPause, before * 2)
    this.#turned.set(processor, { at: performance.now(), pause })
  }

  #recent(processor: Processor<unknown>) {
    const turned = this.#turned.get(processor)
    return turned && performance.now() - turned.at < longestPause ? turned : undefined
  }

  // a process that runs another version of it, and not this one, appends without this one
  async #isKeptByAll(processor: Processor<unknown>): Promise<boolean> {
    const { store, processors } = this.#parts
    const overview = await store.ledger.overview()
    const runners = overview.find((one) => isSame(processor, one))?.runners ?? 0
    return overview
      .filter((other) => other.name === processor.name && !isSame(processor, other))
      .every((other) => {
        const isOurs = processors.some((one) => isSame(one, other))
        return other.runners <= (isOurs ? runners : 0)
      })
  }
}
