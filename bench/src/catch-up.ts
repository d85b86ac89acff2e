import type { Crew } from './question.ts'
import type { Work } from './work.ts'

/** Somebody new who has the whole log before him. */
export interface CatchUp {
  /** Handles everything, with durable checkpoints; gives how many events were handled. */
  run(): Promise<number>
  close(): Promise<void>
}

/** What catches up, again and again. */
export interface CatchingUp {
  /** How many events there are. */
  readonly events: number
  /** Makes what begins with the first event, under a name that nobody had before: `n` is another one each time. */
  readonly begin: (n: number) => Promise<CatchUp>
  /** The CPU of the server, where its connections are on one. */
  readonly serverCpu?: (() => number) | undefined
}

/** A contender of which each round is one catch-up, whatever the pace. Opening and closing do not count. */
export function catchingUp({ events, begin, serverCpu }: CatchingUp): Crew {
  let n = 0
  return {
    work: async () => {
      const catchUp = await begin(n++)
      try {
        return await timed(events, () => catchUp.run())
      } finally {
        serverCpu?.() // of connections that have ended it counts what it saw last
        await catchUp.close()
      }
    },
    close: () => undefined,
  }
}

async function timed(events: number, run: () => Promise<number>): Promise<Work> {
  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  let handled = 0
  let failure: string | undefined
  try {
    handled = await run()
    // who leaves some out would be the fastest
    if (handled !== events) failure = `handled ${handled} events, not ${events}`
  } catch (error) {
    failure = String(error)
  }
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    rate: handled / seconds,
    operations: handled,
    failures: failure === undefined ? 0 : 1,
    ...(failure !== undefined && { failure }),
    cpu: user + system,
  }
}
