import { breaking, type Mutants } from '../proving.ts'
import { omit } from '../ways.ts'
import { committing, spoiling } from './ways.ts'
import type { ParkedQuery, QueueName } from '../../../src/store/ledger.ts'
import type { Mutate } from '../ways.ts'

/** Changes which parked events are listed. */
function listing(change: (query: ParkedQuery) => ParkedQuery): Mutate {
  return spoiling((ledger) => ({ parked: (query) => ledger.parked(change(query)) }))
}

/** Changes the names of queues, wherever they are given. */
function queueing(change: (queue: QueueName) => Partial<QueueName>): Mutate {
  const renamed = <Named extends QueueName>(named: Named): Named => ({ ...named, ...change(named) })
  return spoiling((ledger) => ({
    commit: (page) =>
      ledger.commit({
        ...page,
        parks: page.parks?.map((one) => renamed(one)) ?? [],
        settles: page.settles?.map((one) => renamed(one)) ?? [],
      }),
    request: (name, request) => ledger.request(renamed(name), request),
    parked: (query) =>
      ledger.parked({ ...query, ...(query.queue && { queue: renamed(query.queue) }) }),
  }))
}

/** What is wrong with lists of parked events, and with what is asked for them: a ledger that … */
export const lists: Mutants = {
  'lists parked events in the other order': breaking(
    [
      'what is parked is kept as it was',
      'pages of parked events that are at one position leave none out',
    ],
    spoiling((ledger) => ({
      parked: async (query) => (await ledger.parked(query)).toReversed(),
    })),
  ),
  'lists parked events processor by processor': breaking(
    [
      'parked events are listed in the order of their positions',
      'pages of parked events that are at one position leave none out',
    ],
    spoiling((ledger) => ({
      parked: async (query) =>
        (await ledger.parked({ ...query, limit: 1_000 }))
          .toSorted((one, next) => one.name.localeCompare(next.name))
          .slice(0, query.limit),
    })),
  ),
  'lists parked events of all processors': breaking(
    [
      'an overview counts what is parked, and what only a person will try',
      'parked events are listed in the order of their positions',
      'queues of one name are apart, by tenant and by processor',
    ],
    listing((query) => omit(query, 'processor')),
  ),
  'lists parked events of all versions': breaking(
    [
      'parked events are listed in the order of their positions',
      'queues of one name are apart, by tenant and by processor',
    ],
    spoiling((ledger) => ({
      parked: async ({ processor, ...query }) =>
        (await ledger.parked({ ...query, limit: 1_000 }))
          .filter(({ name }) => !processor || name === processor.name)
          .slice(0, query.limit),
    })),
  ),
  'lists parked events of all queues': breaking(
    [
      'parked events are listed in the order of their positions',
      'what is parked is found by any name of a queue',
    ],
    listing((query) => omit(query, 'queue')),
  ),
  'lists parked events without end': breaking(
    ['parked events are listed in the order of their positions'],
    listing((query) => ({ ...query, limit: 1_000 })),
  ),
  'lists parked events from the first': breaking(
    [
      'parked events are listed in the order of their positions',
      'pages of parked events that are at one position leave none out',
    ],
    listing((query) => omit(query, 'after')),
  ),
  'lists the event again that a list goes on after': breaking(
    [
      'parked events are listed in the order of their positions',
      'pages of parked events that are at one position leave none out',
    ],
    spoiling((ledger) => ({
      async parked({ after, ...query }) {
        const all = await ledger.parked({ ...query, limit: 1_000 })
        return all
          .filter(({ position }) => position >= (after?.position ?? 0))
          .slice(0, query.limit)
      },
    })),
  ),
  'goes on after a whole position of parked events': breaking(
    ['pages of parked events that are at one position leave none out'],
    spoiling((ledger) => ({
      async parked({ after, ...query }) {
        const all = await ledger.parked({ ...query, limit: 1_000 })
        return all.filter(({ position }) => position > (after?.position ?? 0)).slice(0, query.limit)
      },
    })),
  ),
  'notes a request for anything': breaking(
    ['a request is noted for what is parked, and for nothing else'],
    spoiling((ledger) => ({
      async request(name, request) {
        await ledger.request(name, request)
        return true
      },
    })),
  ),
  'notes a request for whatever is at its position': breaking(
    ['a request is noted for what is parked, and for nothing else'],
    spoiling((ledger) => ({
      async request(name, request) {
        const all = await ledger.parked({ limit: 1_000 })
        const found = all.find(({ position }) => position === name.position)
        return found ? ledger.request(found, request) : false
      },
    })),
  ),
  'notes a request for the first of a queue': breaking(
    [
      'events wait behind the first of their queue, and are due when it is gone',
      'a request is noted for what is parked, and for nothing else',
    ],
    spoiling((ledger) => ({
      async request(name, request) {
        const [found] = await ledger.parked({ processor: name, queue: name, limit: 1 })
        return found ? ledger.request(found, request) : false
      },
    })),
  ),
  'notes no request': breaking(
    [
      'an event that failed is due when its pause is over, or somebody asks',
      'a request is noted for what is parked, and for nothing else',
    ],
    spoiling((ledger) => ({
      request: async ({ position, ...name }) =>
        (await ledger.parked({ processor: name, queue: name, limit: 1_000 })).some(
          (one) => one.position === position,
        ),
    })),
  ),
  'keeps to the first request': breaking(
    ['a request is noted for what is parked, and for nothing else'],
    spoiling((ledger) => {
      const noted = new Set<number>()
      return {
        async request(name, request) {
          if (noted.has(name.position)) return true
          const known = await ledger.request(name, request)
          if (known) noted.add(name.position)
          return known
        },
      }
    }),
  ),
  'takes queues of one name for one, whoever they are of': breaking(
    [
      'a request is noted for what is parked, and for nothing else',
      'queues of one name are apart, by tenant and by processor',
      'what is parked is found by any name of a queue',
    ],
    queueing(() => ({ tenant: 'acme' })),
  ),
  'runs tenant and queue together': breaking(
    ['what is parked is kept as it was', 'a slice has the queues whose hash it has'],
    queueing(({ tenant, queue }) => ({
      tenant: '',
      queue: tenant + queue,
    })),
  ),
  'knows queues by lower case': breaking(
    ['what is parked is found by any name of a queue'],
    queueing(({ queue }) => ({ queue: queue.toLowerCase() })),
  ),
  'knows queues by what is not space': breaking(
    ['what is parked is found by any name of a queue'],
    queueing(({ queue }) => ({ queue: queue.trim() })),
  ),
  'knows queues by their first 400 characters': breaking(
    ['what is parked is found by any name of a queue'],
    queueing(({ queue }) => ({
      queue: queue.slice(0, 400),
    })),
  ),
  'parks for all versions of a processor': breaking(
    ['parked events are listed in the order of their positions'],
    spoiling((ledger) => ({
      parked: (query) =>
        ledger.parked({
          ...query,
          ...(query.processor && { processor: { ...query.processor, version: '1' } }),
        }),
    })),
  ),
  'settles in the queues of all tenants': breaking(
    [
      'what a page parks and settles at once is settled',
      'queues of one name are apart, by tenant and by processor',
    ],
    spoiling((ledger) => ({
      async commit(page) {
        const all = await ledger.parked({ processor: page.lease, limit: 1_000 })
        const settles = all.filter((one) =>
          page.settles?.some(
            ({ queue, position }) => queue === one.queue && position === one.position,
          ),
        )
        return ledger.commit({ ...page, settles })
      },
    })),
  ),
  'keeps one event of each position': breaking(
    [
      'pages of parked events that are at one position leave none out',
      'queues of one name are apart, by tenant and by processor',
    ],
    committing((page) => ({
      ...page,
      ...(page.parks && {
        parks: page.parks.filter(
          ({ position }, index, all) =>
            index === all.findIndex((other) => other.position === position),
        ),
      }),
    })),
  ),
}
