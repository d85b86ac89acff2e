import type {
  Lease,
  Overview,
  Parked,
  ParkedRequest,
  SliceStanding,
  Standing,
} from '../../../store/ledger.ts'
import type { Row } from '../database.ts'

// What the functions of the ledger answer, which nobody else calls: one row with a list as JSON, or null where it is empty.

/** A slice as `standings` tells it. */
interface SliceAnswer extends Omit<SliceStanding, 'owner'> {
  readonly owner: string | null
}

/** A processor as `standings` tells it. */
interface StandingAnswer extends Omit<Standing, 'slices'> {
  readonly slices: readonly SliceAnswer[]
  readonly trouble: TroubleAnswer | null
}

/** What waits and goes wrong, where it was asked for. */
interface TroubleAnswer extends Pick<Overview, 'parked' | 'stuck'> {
  readonly oldest: number | null
  readonly error: string | null
}

/** A parked event as `parked_json` tells it. */
interface ParkedAnswer extends Omit<Parked, 'error' | 'at' | 'next' | 'request'> {
  readonly error: string | null
  readonly at: number
  readonly next: number | null
  readonly request: ParkedRequest | null
}

/** The leases that `claim_slices` gave. */
export function leasesOf(row: Row | undefined): readonly Lease[] {
  return listOf(row) as readonly Lease[]
}

/** What `tend` tells. */
export function standingsOf(row: Row | undefined): readonly Standing[] {
  const answers = listOf(row) as readonly StandingAnswer[]
  return answers.map((answer) => standingOf(answer))
}

function standingOf(answer: StandingAnswer): Standing {
  const { trouble: _, ...standing } = answer
  return { ...standing, slices: slicesOf(answer) }
}

/** What `overview` tells. */
export function overviewsOf(row: Row | undefined): readonly Overview[] {
  const answers = listOf(row) as readonly StandingAnswer[]
  return answers.map(({ trouble, ...answer }) => {
    const { parked = 0, stuck = 0, oldest, error } = trouble ?? {}
    return {
      ...answer,
      slices: slicesOf(answer),
      parked,
      stuck,
      oldest: typeof oldest === 'number' ? new Date(oldest) : undefined,
      error: error ?? undefined,
    }
  })
}

/** The parked events of a list. */
export function parkedOf(row: Row | undefined): readonly Parked[] {
  const answers = listOf(row) as readonly ParkedAnswer[]
  return answers.map(({ error, at, next, request, ...parked }) => ({
    ...parked,
    ...(error !== null && { error }),
    at: new Date(at),
    next: next === null ? undefined : new Date(next),
    request: request ?? undefined,
  }))
}

/** The places that `advance_slices` gives. */
export function placesOf(row: Row | undefined): ReadonlySet<number> {
  return new Set(listOf(row) as readonly number[])
}

function slicesOf({ slices }: Pick<StandingAnswer, 'slices'>): readonly SliceStanding[] {
  return slices.map(({ owner, ...slice }) => ({ ...slice, owner: owner ?? undefined }))
}

function listOf(row: Row | undefined): readonly unknown[] {
  return JSON.parse(row?.[0] ?? '[]') as readonly unknown[]
}
