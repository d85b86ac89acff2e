import type { Progress } from '../core/errors.ts'
import type { Overview } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'
import { Pace } from './progress.ts'
import type { AnyView } from './view.ts'

interface Goal {
  readonly position: Position
  readonly pace: Pace
}

/**
 * Knows which views may be read here. One that is not live, since it is being built or stood still while another version
 * was kept, shows nothing before it has seen all that was recorded when it was asked for first.
 */
export class Readiness {
  readonly #head: () => Promise<Position>
  readonly #ready = new WeakSet<AnyView>()
  readonly #goals = new WeakMap<AnyView, Goal>()

  /** `head` gives the last position of the log. */
  constructor(head: () => Promise<Position>) {
    this.#head = head
  }

  isReady(view: AnyView): boolean {
    return this.#ready.has(view)
  }

  /** How far a view is that may not be read yet; `undefined` when it may be. */
  async look(view: AnyView, standing: Overview): Promise<Progress | undefined> {
    const { live, mode, slices } = standing
    if (!live && mode === 'following') {
      const goal = this.#goals.get(view) ?? { position: await this.#head(), pace: new Pace() }
      this.#goals.set(view, goal)
      if (slices.some(({ position }) => position < goal.position))
        return goal.pace.look(standing, goal.position)
    }
    this.#ready.add(view)
    return undefined
  }
}
