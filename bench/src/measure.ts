import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { percentile } from './median.ts'
import type { Contender, Crew, Question, Subject } from './question.ts'
import { work, type Shift, type Work } from './work.ts'

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
export interface Round extends Omit<Work, 'latencies'> {
  /** CPU time of the server in microseconds, where there is one that can be watched. */
  readonly serverCpu?: number
  readonly latency?: Latency
}

/** How long operations took, in milliseconds. */
export interface Latency {
  readonly p50: number
  readonly p99: number
}

/** The rounds of each contender, by its name; in the order in which they took turns. */
export type Rounds = ReadonlyMap<string, readonly Round[]>

// in milliseconds
const slice = 3
// An answer of a server takes milliseconds where an operation in the process takes microseconds, so a round is this
// many times as long there. Its answers come in bursts of any size, so it is not cut into slices.
const patience = 3

/** Lets the contenders take turns, A B C, C B A, and so on. */
export async function measure(question: Question, pace: Pace, folder: string): Promise<Rounds> {
  const { rounds, milliseconds, warmUps = 2 } = pace
  const present = question.contenders.filter(({ missing }) => missing === undefined)
  const measured = new Map<string, Round[]>(present.map(({ name }) => [name, []]))
  const { callers = 1, latency = false, onServer = false, staysOpen = onServer } = question
  const long = milliseconds * patience
  const shift: Shift = onServer
    ? { callers, milliseconds: long, slice: long, latency }
    : { callers, milliseconds, slice, latency }
  await using opened = new OpenContenders(folder)
  for (let round = -warmUps; round < rounds; round++)
    for (const contender of round % 2 === 0 ? present : present.toReversed()) {
      const done = await turn(await opened.subject(contender), shift)
      if (!staysOpen) await opened.close()
      if (round >= 0) measured.get(contender.name)?.push(done)
    }
  return measured
}

async function turn(subject: Subject | Crew, shift: Shift): Promise<Round> {
  // nobody pays for the garbage of the one before; needs --expose-gc
  globalThis.gc?.()
  const before = subject.serverCpu?.()
  const { latencies, ...done } = await ('step' in subject
    ? work(subject, shift)
    : subject.work(shift))
  const after = subject.serverCpu?.()
  return {
    ...done,
    ...(before !== undefined && after !== undefined && { serverCpu: after - before }),
    ...(latencies && {
      latency: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    }),
  }
}

/** The contenders that are open, each with a folder of its own. */
class OpenContenders {
  readonly #folder: string
  readonly #open = new Map<Contender, { readonly subject: Subject | Crew; readonly own: string }>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async subject(contender: Contender): Promise<Subject | Crew> {
    const known = this.#open.get(contender)
    if (known) return known.subject
    const own = await mkdtemp(join(this.#folder, 'round-'))
    const subject = await contender.open(own)
    this.#open.set(contender, { subject, own })
    return subject
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    for (const { subject, own } of all) {
      await subject.close()
      await rm(own, { recursive: true, force: true })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
