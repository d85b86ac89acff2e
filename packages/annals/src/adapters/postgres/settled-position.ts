import type { Position, Settled } from '../../store/store.ts'
import type { Row } from './database.ts'
import { shared } from '../../store/shared.ts'

/** Up to where followers may read, as far as a store knows it. */
export class SettledPosition {
  readonly #ask: () => Promise<Row | undefined>
  #epoch: string | undefined
  /** Settled for ever, in this epoch. */
  #reached: Position = 0
  /** The same, since a connection was lost: the database may be another, whose log is shorter. */
  #known: Position = 0
  #losses = 0

  /** `ask` gives the position and the epoch. */
  constructor(ask: () => Promise<Row | undefined>) {
    this.#ask = shared(ask)
  }

  /** Asks the database. */
  async now(): Promise<Settled> {
    const losses = this.#losses
    const row = await this.#ask()
    const [position, epoch] = [Number(row?.[0]), row?.[1] ?? '']
    if (this.#epoch !== undefined && epoch !== this.#epoch) this.#reached = this.#known = 0
    this.#epoch = epoch
    this.#reach(position)
    if (losses === this.#losses) this.#know(position)
    return { epoch, position: this.#reached }
  }

  /** A settled position beyond one, where there is one; without asking, where one is known. */
  async beyond(after: Position): Promise<Settled> {
    if (this.#epoch !== undefined && this.#known > after)
      return { epoch: this.#epoch, position: this.#known }
    const { epoch } = await this.now()
    return { epoch, position: this.#known }
  }

  /** A position was announced as settled; gives the last that can be read up to. */
  heard(position: Position): Position {
    this.#know(position)
    this.#reach(position)
    return this.#known
  }

  /** A connection was lost, or the history is another: what was known may no longer be so. */
  forget(): void {
    this.#losses++
    this.#known = 0
  }

  // A stamp may lie below what was settled before it was taken, since its place is read a moment earlier. It holds
  // nothing of that back, and who was told of a position must be able to read up to it.
  #reach(position: Position): void {
    this.#reached = Math.max(this.#reached, position)
  }

  #know(position: Position): void {
    this.#known = Math.max(this.#known, position)
  }
}
