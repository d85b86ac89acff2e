import { inPlace, type Place, type Where } from './postgres-server.ts'
import type { Contender } from './question.ts'

// both are even, and twice a prime: it takes 300 million pairs until one comes again
const courses = 20_014
const students = 30_026

/** A student on a course. */
export interface Pair {
  readonly course: string
  readonly student: string
}

/** The `n`th pair. Pairs of an even and of an odd number never have a course or a student in common. */
export function pairOf(n: number): Pair {
  return { course: `c${n % courses}`, student: `s${n % students}` }
}

/** The same in SQL, of a column `n`. */
export const pairInSql = {
  course: `'c' || n % ${courses}`,
  student: `'s' || n % ${students}`,
} as const

/** What an enrolment says. */
export interface Enrolment extends Pair {
  readonly price: number
  readonly note: string
}

export function enrolmentOf(pair: Pair): Enrolment {
  return { ...pair, price: 125.5, note: 'paid in advance, by bank transfer' }
}

/** How far the condition of an append looks back: over everything there is, or over nothing. */
export type LookingBack = 'everything' | 'nothing'

/** Who enrols students, guarded by two tags, as far as the questions use it. */
export interface Registrar {
  /** Appends an enrolment where there is none of the pair. */
  enrol(pair: Pair, back: LookingBack): Promise<unknown>
  /** Reads what there is of the course and of the student, and appends where nothing has come since. */
  decide(pair: Pair): Promise<unknown>
  close(): Promise<void>
}

/** How a registrar is opened, with its tables in a schema of its own. */
export interface RegistrarKind {
  readonly name: string
  /** Why it cannot be opened here. */
  readonly missing?: string
  readonly open: (where: Where) => Promise<Registrar>
  /** Stores so many enrolments at once, in tables that are there and empty. */
  readonly fill: (place: Place, enrolments: number) => Promise<void>
}

/** What is asked of a registrar. */
export type Asked = LookingBack | 'decide'

/** Has a registrar handle pairs that it has not had: from the `first`, every `each`th. */
export function enrolling(
  registrar: Registrar,
  asked: Asked,
  { first, each = 1 }: { readonly first: number; readonly each?: number },
): () => Promise<unknown> {
  let n = first
  const next = () => {
    const pair = pairOf(n)
    n += each
    return pair
  }
  return asked === 'decide' ? () => registrar.decide(next()) : () => registrar.enrol(next(), asked)
}

/** A contender among so many enrolments, in a schema of its own. */
export function onRegistrar(
  { name, missing, open, fill }: RegistrarKind,
  asked: Asked,
  stored: number,
): Contender {
  return {
    name,
    ...(missing !== undefined && { missing }),
    open: () =>
      inPlace(async (place) => {
        await prepare({ open, fill }, place, stored)
        const registrar = await open(place)
        return {
          step: enrolling(registrar, asked, { first: stored + 1 }),
          close: () => registrar.close(),
        }
      }),
  }
}

/** Makes the tables and fills them. */
export async function prepare(
  { open, fill }: Pick<RegistrarKind, 'open' | 'fill'>,
  place: Place,
  stored: number,
): Promise<void> {
  const maker = await open(place)
  await maker.close()
  await fill(place, stored)
  await place.analyze()
}
