import type { Lease, Ledger, Move } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'

// in milliseconds: how late a checkpoint may be of a slice for which nothing came
const latest = 250

/** Moves checkpoints over what holds nothing for their slices: together, and not for each page. */
export class Moves {
  readonly #ledger: Pick<Ledger, 'advance'>
  readonly #lost: (lease: Lease) => void
  readonly #pending = new Map<Lease, Position>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<void> = Promise.resolve()
  #closed = false

  /** `lost` hears of leases that somebody else has taken over. */
  constructor(ledger: Pick<Ledger, 'advance'>, lost: (lease: Lease) => void) {
    this.#ledger = ledger
    this.#lost = lost
  }

  move(lease: Lease, position: Position): void {
    if (this.#closed) return
    this.#pending.set(lease, position)
    this.#timer ??= setTimeout(() => void this.flush(), latest)
  }

  /** Writes down what is pending; what the store does not take is tried again later. */
  flush(): Promise<void> {
    this.#running = this.#running.then(() => this.#flush())
    return this.#running
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const moves = [...this.#pending].map(([lease, position]): Move => ({ lease, position }))
    this.#pending.clear()
    if (moves.length === 0) return
    try {
      for (const { lease } of await this.#ledger.advance(moves)) this.#lost(lease)
    } catch {
      // nothing is lost: who goes on from an older checkpoint passes the same events again, none of which is for it
      for (const { lease, position } of moves)
        if (!this.#pending.has(lease)) this.move(lease, position)
    }
  }

  /** Writes down what is pending, and nothing any more: what the store does not take now is left. */
  async close(): Promise<void> {
    await this.flush()
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending.clear()
  }

  /** Forgets what is pending of a lease. */
  drop(lease: Lease): void {
    this.#pending.delete(lease)
  }
}
