import { UnavailableError } from '../../../src/core/errors.ts'
import type { Lease } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { sliceOf, spoiling } from './ways.ts'

/** What is wrong with cutting processors anew: a ledger that … */
export const recuts: Mutants = {
  'cuts nothing anew': breaking(
    [
      'a processor is not cut while somebody runs a slice of it',
      'of ten that cut at once each sees the same slices afterwards',
    ],
    spoiling(() => ({ recut: async () => true })),
  ),
  'never says that it cut': breaking(
    [
      'a processor is not cut while somebody runs a slice of it',
      'of ten that cut at once each sees the same slices afterwards',
    ],
    spoiling((ledger) => ({
      async recut(name) {
        await ledger.recut(name)
        return false
      },
    })),
  ),
  'says that it cut what it does not know': breaking(
    ['a processor is cut anew where all of it stands'],
    spoiling((ledger) => ({
      recut: async (name) => (await ledger.overview([name])).length === 0 || ledger.recut(name),
    })),
  ),
  'begins at the beginning when it cuts': breaking(
    [
      'a processor is cut anew where all of it stands',
      'a processor is not cut while its slices stand apart',
    ],
    spoiling((ledger) => {
      const cut = new Set<string>()
      return {
        async recut(name) {
          const done = await ledger.recut(name)
          if (done) cut.add(name.name)
          return done
        },
        overview: async (list) =>
          (await ledger.overview(list)).map((one) => ({
            ...one,
            slices: one.slices.map((slice) =>
              cut.has(one.name) ? { ...slice, position: 0 } : slice,
            ),
          })),
      }
    }),
  ),
  'cuts from the farthest checkpoint': breaking(
    ['a processor is not cut while its slices stand apart'],
    spoiling((ledger) => ({
      async recut(name) {
        const [found] = await ledger.overview([name])
        const slices = (found?.slices ?? []).map(({ first }) => ({ ...name, first }))
        const leases = await ledger.claim(slices, 'cutter', 30_000)
        const position = Math.max(...leases.map((lease) => lease.position))
        await ledger.advance(leases.map((lease) => ({ lease, position })))
        await ledger.release(leases)
        return ledger.recut(name)
      },
    })),
  ),
  'cuts slices that somebody runs': breaking(
    ['a processor is not cut while somebody runs a slice of it'],
    spoiling((ledger) => ({
      async recut(name) {
        const [found] = await ledger.overview([name])
        for (const slice of found?.slices ?? [])
          await ledger.release([{ ...name, ...slice, owner: slice.owner ?? '' }])
        return ledger.recut(name)
      },
    })),
  ),
  'counts a lease that has expired when it cuts': breaking(
    [
      'a processor is not cut while somebody runs a slice of it',
      'who ran a slice before it was cut can write nothing',
    ],
    spoiling((ledger) => {
      const given = new Set<string>()
      return {
        async claim(slices, owner, term) {
          const leases = await ledger.claim(slices, owner, term)
          for (const lease of leases) given.add(sliceOf(lease))
          return leases
        },
        async release(leases) {
          for (const lease of leases) given.delete(sliceOf(lease))
          await ledger.release(leases)
        },
        recut: async (name) => given.size === 0 && ledger.recut(name),
      }
    }),
  ),
  // leases get small tokens of its own, which it counts from one again after it cut
  'counts tokens anew when it cuts': breaking(
    [
      'a lease that was lost cannot be renewed, and keeps nobody out',
      'who ran a slice before it was cut can write nothing',
      'a model that is let go and taken back while stores append misses nothing',
    ],
    spoiling((ledger) => {
      const given = new Map<string, Lease & { readonly real: number; readonly of: string }>()
      const real = (lease: Lease): Lease => {
        const known = given.get(sliceOf(lease))
        if (!known || known.token !== lease.token) return { ...lease, token: -1 }
        return { ...known, token: known.real }
      }
      return {
        async recut(name) {
          const [found] = await ledger.overview([name])
          const done = await ledger.recut(name)
          if (done)
            for (const slice of found?.slices ?? []) given.delete(sliceOf({ ...name, ...slice }))
          return done
        },
        claim: async (slices, owner, term) =>
          (await ledger.claim(slices, owner, term)).map((lease) => {
            const token = (given.get(sliceOf(lease))?.token ?? 0) + 1
            given.set(sliceOf(lease), { ...lease, token, real: lease.token, of: sliceOf(lease) })
            return { ...lease, token }
          }),
        release: (leases) => ledger.release(leases.map(real)),
        commit: (page) => ledger.commit({ ...page, lease: real(page.lease) }),
        async advance(moves) {
          const lost = await ledger.advance(
            moves.map(({ lease, position }) => ({ lease: real(lease), position })),
          )
          return moves.filter(({ lease }) =>
            lost.some((one) => sliceOf(one.lease) === sliceOf(lease)),
          )
        },
        tend: (tending) => ledger.tend({ ...tending, held: tending.held.map(real) }),
      }
    }),
  ),
  'refuses to cut while somebody cuts': breaking(
    ['of ten that cut at once each sees the same slices afterwards'],
    spoiling((ledger) => {
      let going = 0
      return {
        async recut(name) {
          if (going > 0) throw new UnavailableError('ANNALS_UNAVAILABLE', 'somebody cuts')
          going++
          try {
            await Promise.resolve()
            return await ledger.recut(name)
          } finally {
            going--
          }
        },
      }
    }),
  ),
  'leaves what is parked with the first slice when it cuts': breaking(
    ['what was parked belongs to the slice of its queue afterwards'],
    spoiling((ledger) => {
      let cut = false
      return {
        async recut(name) {
          const done = await ledger.recut(name)
          cut ||= done
          return done
        },
        due: async (lease, limit) =>
          cut && lease.first > 0 ? [] : ledger.due(cut ? { ...lease, last: 1_023 } : lease, limit),
      }
    }),
  ),
  'loses what is parked when it cuts': breaking(
    ['what was parked belongs to the slice of its queue afterwards'],
    spoiling((ledger) => {
      let cut = false
      return {
        async recut(name) {
          const done = await ledger.recut(name)
          cut ||= done
          return done
        },
        due: async (lease, limit) => (cut ? [] : ledger.due(lease, limit)),
      }
    }),
  ),
}
