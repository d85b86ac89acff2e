import { setTimeout as delay } from 'node:timers/promises'
import { startChild } from './child.ts'
import type { GrowingLog, GrowingLogKind } from './growing-log.ts'
import { inPlace, type Where } from './postgres-server.ts'
import type { Contender } from './question.ts'
import type { Shift, Work } from './work.ts'

/** What a follower follows. */
export interface Followed {
  readonly log: string
  readonly where: Where
}

/** A follower is asked to come to this position. */
export interface Until {
  readonly until: number
}

/** A follower is told that an append was answered. */
export interface Shown {
  readonly answered: number
}

/** What a follower has handled since it was asked before. */
export interface Handled {
  /** By the clock of `monotonic`. */
  readonly entries: readonly (readonly [position: number, entered: number])[]
  /** CPU time in microseconds. */
  readonly cpu: number
}

/** What time it is in milliseconds, the same for all processes of the machine. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1_000_000
}

/** Milliseconds from the beginning of one append to that of the next, or one after the other. */
export type Rhythm = number | 'flat out'

// rounds are longer, so that a slow append each round counts for what it is
const longer = 5

/**
 * A log with a follower in a process of its own. Latencies are from an append's answer to the handler's entry, or to the
 * moment when it is shown.
 */
export function followed(kind: GrowingLogKind, rhythm: Rhythm): Contender {
  const { name, missing, told: tells = false, open } = kind
  return {
    name,
    ...(missing !== undefined && { missing }),
    open: () =>
      inPlace(async ({ schema, url }) => {
        const log = await open({ schema, url })
        const task: Followed = { log: name, where: { schema, url } }
        const follower = await startChild(new URL('./follower.ts', import.meta.url), task)
        return {
          work: async (shift) => {
            const tell = (position: number) => {
              const shown: Shown = { answered: position }
              if (tells) follower.tell(shown)
            }
            const answered = await appended({ log, rhythm, tell }, shift)
            const until: Until = { until: Math.max(...answered.at.keys()) }
            // a follower answers with what it has handled
            return told(answered, (await follower.ask(until)) as Handled)
          },
          close: async () => {
            await follower.stop()
            await log.close()
          },
        }
      }),
  }
}

interface Answered {
  /** When the append of each position was answered. */
  readonly at: ReadonlyMap<number, number>
  readonly seconds: number
  readonly cpu: number
  readonly failures: readonly unknown[]
}

interface Appending {
  readonly log: GrowingLog
  readonly rhythm: Rhythm
  /** Hears of each append that is answered. */
  readonly tell: (position: number) => void
}

async function appended({ log, rhythm, tell }: Appending, shift: Shift): Promise<Answered> {
  const at = new Map<number, number>()
  const failures: unknown[] = []
  const append = async () => {
    try {
      const position = await log.append()
      at.set(position, monotonic())
      tell(position)
    } catch (error) {
      failures.push(error)
    }
  }
  const cpuBefore = process.cpuUsage()
  const begun = monotonic()
  const end = begun + shift.milliseconds * longer
  if (rhythm === 'flat out') {
    const call = async () => {
      while (monotonic() < end) await append()
    }
    await Promise.all(Array.from({ length: shift.callers }, call))
  } else {
    const all: Promise<void>[] = []
    for (let next = begun; next < end; next += rhythm) {
      await delay(Math.max(0, next - monotonic()))
      all.push(append())
    }
    await Promise.all(all)
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  return { at, seconds: (monotonic() - begun) / 1000, cpu: user + system, failures }
}

function told({ at, seconds, cpu, failures }: Answered, handled: Handled): Work {
  // who is told before its append is answered has waited for nothing
  const latencies = handled.entries.flatMap(([position, entered]) => {
    const answered = at.get(position)
    return answered === undefined ? [] : Math.max(0, entered - answered)
  })
  const lost = at.size - latencies.length
  const all = lost > 0 ? [...failures, new Error(`${lost} events were never handled`)] : failures
  return {
    rate: at.size / seconds,
    operations: at.size,
    failures: all.length,
    ...(all.length > 0 && { failure: String(all[0]) }),
    cpu: cpu + handled.cpu,
    latencies,
  }
}
