import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { median } from './median.ts'
import type { Contender, Question, Subject } from './question.ts'

// A loop of its own, since tinybench and mitata finish one contender before they begin the next: on a
// machine whose speed drifts they compare different machines. Neither counts CPU time.

/** How long to measure. Many short rounds are better than few long ones, where others use the machine. */
export interface Pace {
  /** Rounds that count. */
  readonly rounds: number
  /** How long a contender works in a round, where nobody holds it up. */
  readonly milliseconds: number
  /** Rounds before those that count, so that the compiler has seen the code; two by default. */
  readonly warmUps?: number
}

/** What a contender did in one round. */
export interface Round {
  /** Operations a second: the median of the slices. */
  readonly rate: number
  readonly operations: number
  readonly failures: number
  /** What the first failure said. */
  readonly failure?: string
  /** CPU time of the whole process, all threads, in microseconds. */
  readonly cpu: number
}

/** The rounds of each contender, by its name; in the order in which they took turns. */
export type Rounds = ReadonlyMap<string, readonly Round[]>

/** Lets the contenders take turns, A B C, C B A, and so on, each time from the start. */
export async function measure(question: Question, pace: Pace, folder: string): Promise<Rounds> {
  const { rounds, milliseconds, warmUps = 2 } = pace
  const present = question.contenders.filter(({ missing }) => missing === undefined)
  const measured = new Map<string, Round[]>(present.map(({ name }) => [name, []]))
  for (let round = -warmUps; round < rounds; round++)
    for (const contender of round % 2 === 0 ? present : present.toReversed()) {
      const done = await turn(contender, question.callers ?? 1, { milliseconds, folder })
      if (round >= 0) measured.get(contender.name)?.push(done)
    }
  return measured
}

async function turn(
  contender: Contender,
  callers: number,
  { milliseconds, folder }: { readonly milliseconds: number; readonly folder: string },
): Promise<Round> {
  const own = await mkdtemp(join(folder, 'round-'))
  const subject = await contender.open(own)
  try {
    // nobody pays for the garbage of the one before; needs --expose-gc
    globalThis.gc?.()
    return await work(subject, callers, milliseconds)
  } finally {
    await subject.close()
    await rm(own, { recursive: true, force: true })
  }
}

// In milliseconds. Others who share the machine stop a program for up to seconds: that spoils one slice,
// which the median leaves out, where it would spoil a whole round.
const slice = 3

async function work(subject: Subject, callers: number, milliseconds: number): Promise<Round> {
  const slices = Math.ceil(milliseconds / slice)
  const rates: number[] = []
  const failures: unknown[] = []
  let operations = 0
  let inSlice = 0
  const cpuBefore = process.cpuUsage()
  let since = performance.now()
  const call = async (): Promise<void> => {
    while (rates.length < slices) {
      try {
        await subject.step()
        operations++
        inSlice++
      } catch (error) {
        failures.push(error)
      }
      const now = performance.now()
      if (now - since < slice) continue
      rates.push((inSlice / (now - since)) * 1000)
      since = now
      inSlice = 0
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const { user, system } = process.cpuUsage(cpuBefore)
  const rate = median(rates)
  const done = { rate, operations, failures: failures.length, cpu: user + system }
  return failures.length > 0 ? { ...done, failure: String(failures[0]) } : done
}
