import type { ProcessorName } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { spoiling } from './ways.ts'

/** What is wrong with pausing: a ledger that … */
export const pauses: Mutants = {
  'pauses nothing': breaking(
    [
      'a paused processor is claimed by nobody until it goes on',
      'what is paused, in slices, or has parked events does not become inline',
    ],
    spoiling((ledger) => ({
      pause: async (name) => (await ledger.overview([name])).length > 0,
    })),
  ),
  'pauses all versions of a processor': breaking(
    ['a paused processor is claimed by nobody until it goes on'],
    spoiling((ledger) => ({
      async pause(named, paused) {
        const known = await ledger.pause(named, paused)
        for (const one of await ledger.overview())
          if (one.name === named.name) await ledger.pause(one, paused)
        return known
      },
    })),
  ),
  'lets a paused processor go on when its lease expires': breaking(
    ['a paused processor is claimed by nobody until it goes on'],
    spoiling((ledger, _, { clock }) => {
      const paused = new Map<ProcessorName, number>()
      return {
        pause(name, stop) {
          if (stop) paused.set(name, clock().getTime())
          return ledger.pause(name, stop)
        },
        async claim(slices, owner, term) {
          for (const [name, since] of paused)
            if (clock().getTime() - since > 30_000) await ledger.pause(name, false)
          return ledger.claim(slices, owner, term)
        },
      }
    }),
  ),
  'lets a paused processor go on when it is registered': breaking(
    ['a paused processor is claimed by nobody until it goes on'],
    spoiling((ledger) => ({
      async register(list) {
        await ledger.register(list)
        for (const one of list) await ledger.pause(one, false)
      },
    })),
  ),
  'takes the lease of what is paused away': breaking(
    [
      'a paused processor is claimed by nobody until it goes on',
      'what is paused, in slices, or has parked events does not become inline',
    ],
    spoiling((ledger) => ({
      async pause(name, paused) {
        const [found] = await ledger.overview([name])
        for (const slice of found?.slices ?? [])
          await ledger.release([{ ...name, ...slice, owner: slice.owner ?? '' }])
        return ledger.pause(name, paused)
      },
    })),
  ),
  'lets a paused processor rest for ever': breaking(
    [
      'a paused processor is claimed by nobody until it goes on',
      'what is paused, in slices, or has parked events does not become inline',
    ],
    spoiling((ledger) => ({
      pause: (name) => ledger.pause(name, true),
    })),
  ),
  'does not tell what is paused': breaking(
    ['a paused processor is claimed by nobody until it goes on'],
    spoiling((ledger) => ({
      tend: async (said) => (await ledger.tend(said)).map((one) => ({ ...one, paused: false })),
    })),
  ),
  'says that it paused what it does not know': breaking(
    ['pausing what nobody has registered says so'],
    spoiling((ledger) => ({
      async pause(name, paused) {
        await ledger.pause(name, paused)
        return true
      },
    })),
  ),
  'says whether pausing changed anything': breaking(
    ['pausing what nobody has registered says so'],
    spoiling((ledger) => ({
      async pause(name, paused) {
        const [found] = await ledger.overview([name])
        await ledger.pause(name, paused)
        return found !== undefined && found.paused !== paused
      },
    })),
  ),
}
