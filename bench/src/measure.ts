import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contender, Question, Subject } from './question.ts'

// A loop of its own, since tinybench and mitata finish one contender before they begin the next: on a
// machine whose speed drifts they compare different machines. Neither counts CPU time.

/** How long to measure. */
export interface Pace {
  /** Rounds that count. */
  readonly rounds: number
  /** How long a contender works in a round. */
  readonly milliseconds: number
  /** Rounds before those that count, so that the compiler has seen the code; one by default. */
  readonly warmUps?: number
}

/** What a contender did in one round. */
export interface Round {
  readonly operations: number
  readonly failures: number
  /** What the first failure said. */
  readonly failure?: string
  readonly seconds: number
  /** CPU time of the whole process, all threads, in microseconds. */
  readonly cpu: number
}

/** The rounds of each contender, by its name; in the order in which they took turns. */
export type Rounds = ReadonlyMap<string, readonly Round[]>

/** Lets the contenders take turns: A B C, A B C, and so on, each time from the start. */
export async function measure(question: Question, pace: Pace, folder: string): Promise<Rounds> {
  const { rounds, milliseconds, warmUps = 1 } = pace
  const present = question.contenders.filter(({ missing }) => missing === undefined)
  const measured = new Map<string, Round[]>(present.map(({ name }) => [name, []]))
  for (let round = -warmUps; round < rounds; round++)
    for (const contender of present) {
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

async function work(subject: Subject, callers: number, milliseconds: number): Promise<Round> {
  const failures: unknown[] = []
  let operations = 0
  const cpuBefore = process.cpuUsage()
  const started = performance.now()
  const call = async (): Promise<void> => {
    while (performance.now() - started < milliseconds)
      try {
        await subject.step()
        operations++
      } catch (error) {
        failures.push(error)
      }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const done = { operations, failures: failures.length, seconds, cpu: user + system }
  return failures.length > 0 ? { ...done, failure: String(failures[0]) } : done
}
