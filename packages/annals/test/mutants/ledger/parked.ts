import { breaking, type Mutants } from '../proving.ts'
import { omit } from '../ways.ts'
import { headsOf } from './heads.ts'
import { committing, parking, spoiling } from './ways.ts'

/** What is wrong with parked events: a ledger that … */
export const parked: Mutants = {
  'keeps no error of what is parked': breaking(
    [
      'what is parked is kept as it was',
      'what is tried again and fails keeps when it was parked first',
    ],
    parking((one) => omit(one, 'error')),
  ),
  'counts no attempt at what is parked': breaking(
    [
      'what is parked is kept as it was',
      'what is due comes oldest first, and no more of it than asked for',
    ],
    parking((one) => ({ ...one, attempts: 1 })),
  ),
  'rounds pauses to seconds': breaking(
    ['what is parked is kept as it was'],
    parking((one) =>
      one.delay === undefined ? one : { ...one, delay: Math.floor(one.delay / 1_000) * 1_000 },
    ),
  ),
  'tries everything again by itself': breaking(
    [
      'what is parked is kept as it was',
      'what is tried again and fails keeps when it was parked first',
    ],
    parking((one) => ({ ...one, delay: one.delay ?? 1_000 })),
  ),
  'forgets pauses': breaking(
    ['a slice says whether something that was parked is due', 'what is parked is kept as it was'],
    parking((one) => omit(one, 'delay')),
  ),
  'parks what is parked again as if it were new': breaking(
    ['what is tried again and fails keeps when it was parked first'],
    spoiling((ledger) => ({
      async commit(page) {
        const { lease, parks } = page
        if (parks) await ledger.commit({ lease, settles: parks, position: lease.position })
        return ledger.commit(page)
      },
    })),
  ),
  'keeps a request for what was tried and failed': breaking(
    ['what is tried again and fails keeps when it was parked first'],
    spoiling((ledger) => ({
      async commit(page) {
        const before = await ledger.parked({ processor: page.lease, limit: 1_000 })
        const done = await ledger.commit(page)
        for (const one of before)
          if (one.request && page.parks?.some(({ position }) => position === one.position))
            await ledger.request(one, one.request)
        return done
      },
    })),
  ),
  'keeps the error of what failed in another way': breaking(
    ['what is tried again and fails keeps when it was parked first'],
    spoiling((ledger) => ({
      async commit(page) {
        const before = await ledger.parked({ processor: page.lease, limit: 1_000 })
        const parks = page.parks?.map((one) => {
          const { error } = before.find(({ position }) => position === one.position) ?? {}
          return { ...(error !== undefined && { error }), ...one }
        })
        return ledger.commit({ ...page, ...(parks && { parks }) })
      },
    })),
  ),
  'leaves parked what was settled': breaking(
    [
      'a page that fails leaves nothing, and its error is told',
      'what a page parks and settles at once is settled',
    ],
    committing((page) => omit(page, 'settles')),
  ),
  'settles the first event of a page only': breaking(
    [
      'who settles events learns what is next in their queues',
      'what is parked is found by any name of a queue',
    ],
    committing((page) => ({
      ...page,
      ...(page.settles && { settles: page.settles.slice(0, 1) }),
    })),
  ),
  'settles whole queues': breaking(
    [
      'what a page parks and settles at once is settled',
      'events wait behind the first of their queue, and are due when it is gone',
      'who settles events learns what is next in their queues',
    ],
    spoiling((ledger) => ({
      async commit(page) {
        const all = await ledger.parked({ processor: page.lease, limit: 1_000 })
        const settles = all.filter((one) =>
          page.settles?.some(({ tenant, queue }) => tenant === one.tenant && queue === one.queue),
        )
        return ledger.commit({ ...page, settles })
      },
    })),
  ),
  'does not say what is next': breaking(
    [
      'events wait behind the first of their queue, and are due when it is gone',
      'who settles events learns what is next in their queues',
    ],
    spoiling((ledger) => ({
      async commit(page) {
        await ledger.commit(page)
        return { next: [] }
      },
    })),
  ),
  'says what is next in one queue': breaking(
    ['who settles events learns what is next in their queues'],
    spoiling((ledger) => ({
      commit: async (page) => ({ next: (await ledger.commit(page)).next.slice(0, 1) }),
    })),
  ),
  'says what is first in all queues': breaking(
    [
      'events wait behind the first of their queue, and are due when it is gone',
      'who settles events learns what is next in their queues',
      'queues of one name are apart, by tenant and by processor',
    ],
    spoiling((ledger) => ({
      async commit(page) {
        await ledger.commit(page)
        return { next: headsOf(await ledger.parked({ processor: page.lease, limit: 1_000 })) }
      },
    })),
  ),
  'says what is next as it was parked, without what was asked for': breaking(
    ['who settles events learns what is next in their queues'],
    spoiling((ledger) => ({
      commit: async (page) => ({
        next: (await ledger.commit(page)).next.map((one) => ({ ...one, request: undefined })),
      }),
    })),
  ),
}
