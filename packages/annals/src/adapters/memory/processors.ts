import { leaseLost } from '../../store/refusals.ts'
import { rangesOf } from '../../store/slices.ts'
import type {
  HashRange,
  Lease,
  Mode,
  ProcessorKind,
  ProcessorName,
  Registration,
  SliceStanding,
  Standing,
} from '../../store/ledger.ts'
import type { Position } from '../../store/store.ts'

interface Slice extends HashRange {
  position: Position
  owner: string | undefined
  token: number
  /** In milliseconds; it says nothing where there is no owner. */
  expires: number
}

/** Somebody who runs a processor, or would if it were free. */
export interface Runner {
  /** In milliseconds. */
  readonly expires: number
  /** What goes wrong with it there. */
  readonly error: string | undefined
}

/** A processor of a memory store: its slices, who has them, and who else asks for them. */
export class Registered implements ProcessorName {
  readonly name: string
  readonly version: string
  readonly kind: ProcessorKind
  mode: Mode
  live: boolean
  paused = false
  wanted: number
  #slices: readonly Slice[]
  readonly #runners = new Map<string, Runner>()

  constructor(registration: Registration, { mode, live }: Pick<Standing, 'mode' | 'live'>) {
    const { name, version, kind, slices, from } = registration
    this.name = name
    this.version = version
    this.kind = kind
    this.mode = mode
    this.live = live
    this.wanted = slices
    this.#slices = cut(slices, { position: from, token: 0 })
  }

  get whole(): boolean {
    return this.#slices.length === 1
  }

  /** The lease of a slice, where it is to be had. */
  claim(first: number, owner: string, now: number, term: number): Lease | undefined {
    const slice = this.#slices.find((one) => one.first === first)
    if (!slice || this.paused || this.mode === 'inline' || isRun(slice, now)) return undefined
    const { name, version } = this
    const { last, position } = slice
    Object.assign(slice, { owner, token: slice.token + 1, expires: now + term })
    return { name, version, first, last, owner, token: slice.token, position }
  }

  renew(lease: Lease, expires: number): void {
    const slice = this.#leased(lease)
    if (slice) slice.expires = expires
  }

  release(lease: Lease): void {
    const slice = this.#leased(lease)
    if (slice) slice.owner = undefined
  }

  /** The checkpoint of a lease that was not lost. */
  checkpointOf(lease: Lease): Position {
    const slice = this.#leased(lease)
    if (!slice) throw leaseLost(lease)
    return slice.position
  }

  /** Moves a checkpoint, never back; false when the lease was lost. */
  move(lease: Lease, position: Position): boolean {
    const slice = this.#leased(lease)
    if (slice) slice.position = Math.max(slice.position, position)
    return slice !== undefined
  }

  /** Up to where all of its slices have come. */
  get position(): Position {
    return Math.min(...this.#slices.map(({ position }) => position))
  }

  /** Leaves it to appends. Who had a slice cannot write any more, not even one who never learns of this. */
  turnInline(): void {
    this.mode = 'inline'
    for (const slice of this.#slices)
      Object.assign(slice, { owner: undefined, token: slice.token + 1 })
  }

  /** Leaves it to its slices, from a position on. */
  follow(position: Position): void {
    this.mode = 'following'
    for (const slice of this.#slices) slice.position = position
  }

  /** Cuts it into as many slices as are wanted, where that can be. */
  recut(now: number): boolean {
    if (this.#slices.length === this.wanted) return true
    const [{ position } = { position: NaN }] = this.#slices
    if (this.#slices.some((slice) => isRun(slice, now) || slice.position !== position)) return false
    // above all that were given, or who had a slice could write again when one begins where it did
    const token = Math.max(...this.#slices.map((slice) => slice.token)) + 1
    this.#slices = cut(this.wanted, { position, token })
    return true
  }

  /** Notes who asks for it. */
  askedBy(owner: string, runner: Runner): void {
    this.#runners.set(owner, runner)
  }

  /** Those who asked for it lately. */
  runners(now: number): readonly Runner[] {
    for (const [owner, { expires }] of this.#runners)
      if (expires <= now) this.#runners.delete(owner)
    return [...this.#runners.values()]
  }

  slices(now: number, due: (range: HashRange) => boolean): readonly SliceStanding[] {
    return this.#slices.map((slice) => {
      const { first, last, position, token } = slice
      const owner = isRun(slice, now) ? slice.owner : undefined
      return { first, last, position, owner, token, due: due(slice) }
    })
  }

  #leased({ first, token, owner }: Lease): Slice | undefined {
    return this.#slices.find(
      (slice) => slice.first === first && slice.token === token && slice.owner === owner,
    )
  }
}

function isRun({ owner, expires }: Slice, now: number): boolean {
  return owner !== undefined && expires > now
}

function cut(slices: number, start: { position: Position; token: number }): readonly Slice[] {
  return rangesOf(slices).map((range) => ({ ...range, ...start, owner: undefined, expires: 0 }))
}
