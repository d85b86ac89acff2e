import type { Overview, Parked } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import type { Mutate } from '../ways.ts'
import { overlooking, spoiling } from './ways.ts'

/** Changes what is told of what a processor has parked. */
function recounting(
  change: (events: readonly Parked[], told: Overview) => Partial<Overview>,
): Mutate {
  return spoiling((ledger) => ({
    overview: async (list) =>
      Promise.all(
        (await ledger.overview(list)).map(async (told) => {
          const events = await ledger.parked({ processor: told, limit: 1_000 })
          return { ...told, ...change(events, told) }
        }),
      ),
  }))
}

function queuesOf(events: readonly Parked[]): number {
  return new Set(events.map(({ queue }) => queue)).size
}

/** What is wrong with how parked events are counted: a ledger that … */
export const counts: Mutants = {
  'counts what is parked by queues': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    recounting((events) => ({ parked: queuesOf(events) })),
  ),
  'counts what is parked of all processors': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    spoiling((ledger) => ({
      async overview(list) {
        const all = await ledger.overview()
        const parked = all.reduce((sum, one) => sum + one.parked, 0)
        return (await ledger.overview(list)).map((one) => ({ ...one, parked }))
      },
    })),
  ),
  'takes everything parked for stuck': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    overlooking((one) => ({ ...one, stuck: one.parked })),
  ),
  'takes nothing for stuck': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    overlooking((one) => ({ ...one, stuck: 0 })),
  ),
  'takes each queue for stuck': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    recounting((events) => ({ stuck: queuesOf(events) })),
  ),
  'takes for stuck what somebody asked for': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    recounting((events, { stuck }) => ({
      stuck: stuck + events.filter(({ request, next }) => request && !next).length,
    })),
  ),
  'tells when the newest event was parked': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    recounting((events) => ({
      oldest: events.at(-1)?.at,
    })),
  ),
  'tells no oldest event': breaking(
    ['an overview counts what is parked, and what only a person will try'],
    overlooking((one) => ({ ...one, oldest: undefined })),
  ),
}
