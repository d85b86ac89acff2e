import type { Round, Rounds } from './measure.ts'
import { median } from './median.ts'
import type { Question, Target } from './question.ts'

/** A question with its figures. */
export interface Answer {
  readonly title: string
  readonly about: string
  readonly unit: string
  readonly callers: number
  readonly baseline: string
  readonly standings: readonly Standing[]
  readonly targets: readonly Verdict[]
  /** Contenders that could not take part, and why. */
  readonly missing: readonly { readonly name: string; readonly why: string }[]
}

/** The figures of one contender. */
export interface Standing {
  readonly name: string
  /** Of the rates of the rounds, in the question's unit. */
  readonly median: number
  readonly min: number
  readonly max: number
  /** Times the baseline: the median of the ratios of each round. */
  readonly ratio: number
  /** Microseconds of CPU for each unit; what the rest of the machine does hardly changes it. */
  readonly cpu: number
  readonly failures: number
  readonly failure?: string
  readonly rates: readonly number[]
}

/** A target, and what was reached. */
export interface Verdict extends Target {
  readonly reached: number
}

/** The figures of a question from its rounds. */
export function answer(question: Question, rounds: Rounds): Answer {
  const { title, about, unit, callers = 1, baseline, contenders, targets = [] } = question
  const size = question.eventsPerOperation ?? 1
  const rates = new Map([...rounds].map(([name, done]) => [name, done.map(rateOf(size))]))
  const ratio = (name: string, to: string): number =>
    ratioOf(rates.get(name) ?? [], rates.get(to) ?? [])
  return {
    title,
    about,
    unit,
    callers,
    baseline,
    standings: [...rounds].map(([name, done]) => ({
      ...standing(name, done, size),
      ratio: ratio(name, baseline),
    })),
    targets: targets
      .filter(({ contender, against }) => rounds.has(contender) && rounds.has(against))
      .map((target) => ({ ...target, reached: ratio(target.contender, target.against) })),
    missing: contenders.flatMap(({ name, missing: why }) =>
      why === undefined ? [] : { name, why },
    ),
  }
}

/** How many times as fast: rounds that took turns had the same machine, so they are compared with each other. */
export function ratioOf(own: readonly number[], other: readonly number[]): number {
  return median(own.map((rate, round) => rate / (other[round] ?? Number.NaN)))
}

function standing(name: string, rounds: readonly Round[], size: number): Omit<Standing, 'ratio'> {
  const rates = rounds.map(rateOf(size))
  const failure = rounds.find((round) => round.failure !== undefined)?.failure
  return {
    name,
    median: median(rates),
    min: Math.min(...rates),
    max: Math.max(...rates),
    cpu: median(rounds.map(({ cpu, operations }) => cpu / (operations * size))),
    failures: rounds.reduce((sum, { failures }) => sum + failures, 0),
    ...(failure !== undefined && { failure }),
    rates,
  }
}

function rateOf(size: number): (round: Round) => number {
  return ({ rate }) => rate * size
}
