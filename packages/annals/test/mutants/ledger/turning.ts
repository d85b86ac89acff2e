import type { StoredEvent } from '../../../src/store/store.ts'
import type { PageWork } from '../../../src/store/ledger.ts'
import type { Awaitable } from '../../../src/core/awaitable.ts'
import { everyEvent } from '../../../src/testing/contracts/ledger/tally.ts'
import { breaking, type Mutants } from '../proving.ts'
import type { Mutate } from '../ways.ts'
import { spoiling } from './ways.ts'

type Handle = (events: readonly StoredEvent[]) => Awaitable<PageWork>

/** Changes what handles the rest of the log. */
function handling(change: (handle: Handle) => Handle): Mutate {
  return spoiling((ledger) => ({
    turnInline: (lease, query, handle) => ledger.turnInline(lease, query, change(handle)),
  }))
}

/** What is wrong with making a model inline: a ledger that … */
export const turns: Mutants = {
  'makes nothing inline': breaking(
    ['only what matches its query is handled', 'a model with nothing left becomes inline as it is'],
    spoiling(() => ({ turnInline: async () => false })),
  ),
  'makes a model inline without the rest of the log': breaking(
    [
      'a model that is inline has no lease, and a page of it goes nowhere',
      'only what matches its query is handled',
    ],
    handling(() => () => ({})),
  ),
  'has the rest of the log handled from the beginning': breaking(
    [
      'who lost the lease makes nothing inline, nor who has gone on meanwhile',
      'more than a page is left to the owner first',
    ],
    spoiling((ledger, store) => ({
      turnInline: (lease, query, handle) =>
        ledger.turnInline(lease, query, async () => {
          const { events } = await store.follow(query, { after: 0 })
          return handle(events)
        }),
    })),
  ),
  'has the last event handled only': breaking(
    [
      'a model that is inline has no lease, and a page of it goes nowhere',
      'a page may be handled later than at once',
    ],
    handling((handle) => (events) => handle(events.slice(-1))),
  ),
  'drops the work for the rest of the log': breaking(
    [
      'a model that is inline has no lease, and a page of it goes nowhere',
      'only what matches its query is handled',
    ],
    handling((handle) => async (events) => {
      await handle(events)
      return {}
    }),
  ),
  'has everything handled, whatever matches': breaking(
    ['only what matches its query is handled'],
    spoiling((ledger) => ({
      turnInline: (lease, _, handle) => ledger.turnInline(lease, everyEvent, handle),
    })),
  ),
  'has one tenant handled': breaking(
    ['tenants become inline together'],
    spoiling((ledger) => ({
      turnInline: (lease, query, handle) =>
        ledger.turnInline(lease, { ...query, tenant: 'acme' }, handle),
    })),
  ),
  'leaves a model following that has nothing left': breaking(
    [
      'who lost a lease can write nothing under it',
      'a model with nothing left becomes inline as it is',
    ],
    spoiling((ledger, store) => ({
      async turnInline(lease, query, handle) {
        const { events } = await store.follow(query, { after: lease.position })
        return events.length > 0 && ledger.turnInline(lease, query, handle)
      },
    })),
  ),
  'leaves a model following, though it says otherwise': breaking(
    ['only what matches its query is handled', 'a model with nothing left becomes inline as it is'],
    spoiling(() => ({
      turnInline: async () => true,
    })),
  ),
  'does not wait for what handles the rest': breaking(
    [
      'a page may be handled later than at once',
      'what fails leaves the model following, where it was',
    ],
    handling((handle) => (events) => {
      const work = handle(events)
      if (!(work instanceof Promise)) return work
      void work.catch(() => undefined)
      return {}
    }),
  ),
  'passes what is appended while the rest is handled': breaking(
    [
      'an append that comes while a page is handled is missed by nobody',
      'more than a page is left to the owner first',
    ],
    spoiling((ledger, store) => ({
      async turnInline(lease, query, handle) {
        const { events } = await store.follow(query, { after: lease.position })
        const work = await handle(events)
        return ledger.turnInline(lease, query, () => work)
      },
    })),
  ),
  'makes a model inline though the work fails': breaking(
    ['what fails leaves the model following, where it was'],
    handling((handle) => async (events) => {
      try {
        return await handle(events)
      } catch {
        return {}
      }
    }),
  ),
  'moves the checkpoint of what fails': breaking(
    ['what fails leaves the model following, where it was'],
    spoiling((ledger, store) => ({
      async turnInline(lease, query, handle) {
        try {
          return await ledger.turnInline(lease, query, handle)
        } catch (error) {
          const { position } = await store.settled()
          await ledger.advance([{ lease, position }])
          throw error
        }
      },
    })),
  ),
  'takes the lease of what fails away': breaking(
    ['what fails leaves the model following, where it was'],
    spoiling((ledger) => ({
      async turnInline(lease, query, handle) {
        try {
          return await ledger.turnInline(lease, query, handle)
        } catch (error) {
          await ledger.release([lease])
          throw error
        }
      },
    })),
  ),
  'makes a model inline that is paused': breaking(
    ['what is paused, in slices, or has parked events does not become inline'],
    spoiling((ledger) => ({
      async turnInline(lease, query, handle) {
        await ledger.pause(lease, false)
        return ledger.turnInline(lease, query, handle)
      },
    })),
  ),
  'makes a model inline whose events are parked': breaking(
    ['what is paused, in slices, or has parked events does not become inline'],
    spoiling((ledger) => ({
      async turnInline(lease, query, handle) {
        const settles = await ledger.parked({ processor: lease, limit: 1_000 })
        if (settles.length > 0) await ledger.commit({ lease, settles, position: lease.position })
        return ledger.turnInline(lease, query, handle)
      },
    })),
  ),
  'makes a model inline that is in slices': breaking(
    [
      'a lease that is given back is free at once',
      'what is paused, in slices, or has parked events does not become inline',
    ],
    spoiling((ledger) => ({
      async turnInline(lease, query, handle) {
        const [found] = await ledger.overview([lease])
        return (found?.slices.length ?? 1) > 1 || ledger.turnInline(lease, query, handle)
      },
    })),
  ),
  'makes a model inline that has gone on meanwhile': breaking(
    [
      'an append that comes while a page is handled is missed by nobody',
      'who lost the lease makes nothing inline, nor who has gone on meanwhile',
    ],
    spoiling((ledger) => ({
      async turnInline(lease, query, handle) {
        let work: PageWork = {}
        const turned = await ledger.turnInline(
          lease,
          query,
          async (events) => (work = await handle(events)),
        )
        return turned || ledger.turnInline(lease, query, () => work)
      },
    })),
  ),
  'has a page handled of what is left, and drops the rest': breaking(
    [
      'an append that comes while a page is handled is missed by nobody',
      'more than a page is left to the owner first',
    ],
    spoiling((ledger, store) => ({
      async turnInline(lease, query, handle) {
        const { events } = await store.follow(query, { after: lease.position })
        const { position } = await store.settled()
        await ledger.commit({ ...(await handle(events)), lease, position })
        return ledger.turnInline(lease, query, () => ({}))
      },
    })),
  ),
}
