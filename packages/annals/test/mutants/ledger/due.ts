import { breaking, type Mutants } from '../proving.ts'
import { headsOf } from './heads.ts'
import { spoiling } from './ways.ts'

/** What is wrong with what is due, and with the queues of a slice: a ledger that … */
export const dues: Mutants = {
  'says that everything parked is due': breaking(
    [
      'a slice has the queues whose hash it has',
      'a request is noted for what is parked, and for nothing else',
    ],
    spoiling((ledger) => ({
      due: async (lease, limit) =>
        headsOf(await ledger.parked({ processor: lease, limit: 1_000 })).slice(0, limit),
    })),
  ),
  'ignores requests': breaking(
    [
      'an event that failed is due when its pause is over, or somebody asks',
      'a request is noted for what is parked, and for nothing else',
    ],
    spoiling((ledger) => ({
      due: async (lease, limit) =>
        (await ledger.due(lease, limit)).filter(({ request }) => request === undefined),
    })),
  ),
  'lets nobody go on before a pause is over, whoever asks': breaking(
    ['an event that failed is due when its pause is over, or somebody asks'],
    spoiling((ledger, _, { clock }) => ({
      due: async (lease, limit) =>
        (await ledger.due(lease, limit)).filter(({ next }) => !next || next <= clock()),
    })),
  ),
  'ignores that a pause is over': breaking(
    [
      'an event that failed is due when its pause is over, or somebody asks',
      'events wait behind the first of their queue, and are due when it is gone',
    ],
    spoiling((ledger) => ({
      due: async (lease, limit) =>
        (await ledger.due(lease, limit)).filter(
          ({ next, request }) => next === undefined || request !== undefined,
        ),
    })),
  ),
  'lets a request pass the first of its queue': breaking(
    ['events wait behind the first of their queue, and are due when it is gone'],
    spoiling((ledger) => ({
      async due(lease, limit) {
        const all = await ledger.parked({ processor: lease, limit: 1_000 })
        const due = await ledger.due(lease, limit)
        return all
          .filter(
            ({ position, request }) =>
              request !== undefined || due.some((one) => one.position === position),
          )
          .slice(0, limit)
      },
    })),
  ),
  'lets nobody wait behind another': breaking(
    [
      'what is due comes oldest first, and no more of it than asked for',
      'a slice has the queues whose hash it has',
    ],
    spoiling((ledger) => ({
      async due(lease, limit) {
        const all = await ledger.parked({ processor: lease, limit: 1_000 })
        const due = await ledger.due(lease, limit)
        return all
          .filter(
            ({ position, attempts }) =>
              attempts === 0 || due.some((one) => one.position === position),
          )
          .slice(0, limit)
      },
    })),
  ),
  'gives what is due newest first': breaking(
    [
      'an event that failed is due when its pause is over, or somebody asks',
      'what is due comes oldest first, and no more of it than asked for',
    ],
    spoiling((ledger) => ({
      due: async (lease, limit) => (await ledger.due(lease, 1_000)).toReversed().slice(0, limit),
    })),
  ),
  'gives what is due queue by queue': breaking(
    [
      'an event that failed is due when its pause is over, or somebody asks',
      'what is due comes oldest first, and no more of it than asked for',
    ],
    spoiling((ledger) => ({
      due: async (lease, limit) =>
        (await ledger.due(lease, 1_000))
          .toSorted((one, next) => (one.queue < next.queue ? -1 : 1))
          .slice(0, limit),
    })),
  ),
  'gives as much of what is due as there is': breaking(
    ['what is due comes oldest first, and no more of it than asked for'],
    spoiling((ledger) => ({
      due: (lease) => ledger.due(lease, 1_000),
    })),
  ),
  'gives one event of what is due': breaking(
    [
      'an event that failed is due when its pause is over, or somebody asks',
      'what is due comes oldest first, and no more of it than asked for',
    ],
    spoiling((ledger) => ({
      due: (lease) => ledger.due(lease, 1),
    })),
  ),
  'says what is due in all slices': breaking(
    [
      'what was parked belongs to the slice of its queue afterwards',
      'a slice has the queues whose hash it has',
    ],
    spoiling((ledger) => ({
      due: (lease, limit) => ledger.due({ ...lease, first: 0, last: 1_023 }, limit),
    })),
  ),
  'says the queues of all slices': breaking(
    ['a slice has the queues whose hash it has'],
    spoiling((ledger) => ({
      queues: (lease) => ledger.queues({ ...lease, first: 0, last: 1_023 }),
    })),
  ),
  'says queues that have nothing parked any more': breaking(
    ['a slice has the queues whose hash it has', 'what is parked is found by any name of a queue'],
    spoiling((ledger) => {
      const known = new Map<string, { tenant: string; queue: string }>()
      return {
        async queues(lease) {
          for (const queue of await ledger.queues(lease)) known.set(queue.queue, queue)
          return [...known.values()]
        },
        async commit(page) {
          for (const { tenant, queue } of page.parks ?? []) known.set(queue, { tenant, queue })
          return ledger.commit(page)
        },
      }
    }),
  ),
  'says a queue as often as it has events': breaking(
    [
      'a slice has the queues whose hash it has',
      'queues of one name are apart, by tenant and by processor',
    ],
    spoiling((ledger) => ({
      queues: async (lease) => (await ledger.queues(lease)).flatMap((queue) => [queue, queue]),
    })),
  ),
}
