import type { Latency, Round, Rounds } from './measure.ts'
import { median } from './median.ts'
import type { Figure, Question, Target } from './question.ts'

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
  /** The same of the server. */
  readonly serverCpu?: number
  /** How long an operation took, in milliseconds: medians of the rounds. */
  readonly latency?: Latency
  readonly failures: number
  readonly failure?: string
  readonly rates: readonly number[]
}

/** A target, and what was reached against the best of those it is against. */
export interface Verdict extends Omit<Target, 'against'> {
  readonly against?: string
  readonly reached: number
  /** That of the question, where the figure is a rate by itself. */
  readonly unit?: string
}

/** The figures of a question from its rounds. */
export function answer(question: Question, rounds: Rounds): Answer {
  const { title, about, unit, callers = 1, baseline, contenders, targets = [] } = question
  const size = question.eventsPerOperation ?? 1
  const rates = (name: string) => (rounds.get(name) ?? []).map(figureOf('rate', size))
  return {
    title,
    about,
    unit,
    callers,
    baseline,
    standings: [...rounds].map(([name, done]) => ({
      ...standing(name, done, size),
      ratio: ratioOf(rates(name), rates(baseline)),
    })),
    targets: targets.flatMap((target) =>
      verdict(target, rounds, size).map((one) => ({ ...one, ...(isRate(target) && { unit }) })),
    ),
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
  const rates = rounds.map(figureOf('rate', size))
  const failure = rounds.find((round) => round.failure !== undefined)?.failure
  const each = (time: (round: Round) => number) =>
    median(rounds.map((round) => time(round) / (round.operations * size)))
  return {
    name,
    median: median(rates),
    min: Math.min(...rates),
    max: Math.max(...rates),
    cpu: each(({ cpu }) => cpu),
    ...(rounds.some(({ serverCpu }) => serverCpu !== undefined) && {
      serverCpu: each(({ serverCpu = Number.NaN }) => serverCpu),
    }),
    ...(rounds.some(({ latency }) => latency) && {
      latency: {
        p50: median(rounds.map(figureOf('p50', size))),
        p99: median(rounds.map(figureOf('p99', size))),
      },
    }),
    failures: rounds.reduce((sum, { failures }) => sum + failures, 0),
    ...(failure !== undefined && { failure }),
    rates,
  }
}

function verdict({ against, ...target }: Target, rounds: Rounds, size: number): readonly Verdict[] {
  const figures = (name: string) =>
    (rounds.get(name) ?? []).map(figureOf(target.figure ?? 'rate', size))
  if (!rounds.has(target.contender)) return []
  const own = figures(target.contender)
  if (against === undefined) return [{ ...target, reached: median(own) }]
  const [hardest] = [against]
    .flat()
    .filter((name) => rounds.has(name))
    .map((name) => ({ against: name, reached: ratioOf(own, figures(name)) }))
    .toSorted((a, b) => (target.atMost === undefined ? 1 : -1) * (a.reached - b.reached))
  return hardest ? [{ ...target, ...hardest }] : []
}

function isRate({ against, figure = 'rate' }: Target): boolean {
  return against === undefined && figure === 'rate'
}

function figureOf(figure: Figure, size: number): (round: Round) => number {
  switch (figure) {
    case 'rate':
      return ({ rate }) => rate * size
    case 'cpu':
      return ({ cpu, serverCpu = 0, operations }) => (cpu + serverCpu) / (operations * size)
    case 'p50':
    case 'p99':
      return ({ latency }) => latency?.[figure] ?? Number.NaN
  }
}
