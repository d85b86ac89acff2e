import { setImmediate } from 'node:timers/promises'
import { leaseLost } from '../../../src/store/refusals.ts'
import { rangesOf } from '../../../src/store/slices.ts'
import type { Lease } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { recalling, sliceOf, spoiling } from './ways.ts'

/** What is wrong with leases: a ledger that … */
export const leases: Mutants = {
  'looks whether a slice is free before it takes it': breaking(
    [
      'a new one is inline at once where the log is empty',
      'a lease holds as long as was asked for',
    ],
    spoiling((ledger) => ({
      async claim(slices, owner, term) {
        const free = []
        for (const slice of slices) {
          const [found] = await ledger.overview([slice])
          const one = found?.slices.find(({ first }) => first === slice.first)
          if (one && one.owner === undefined) free.push({ ...slice, ...one, owner })
        }
        await setImmediate()
        await ledger.claim(slices, owner, term)
        return free
      },
    })),
  ),
  'gives every slice to everybody': breaking(
    [
      'a lease holds as long as was asked for',
      'giving back a lease that was lost takes it from nobody',
    ],
    recalling((ledger, newest) => ({
      claim: async (slices, owner, term) =>
        (await ledger.claim(slices, owner, term)).concat(
          slices.map((slice) => ({
            ...newest({ ...slice, last: whole.last, owner, token: 0, position: 0 }),
            owner,
          })),
        ),
    })),
  ),
  'gives the slice that a hash is in': breaking(
    ['a lease says what it is of, and where it begins'],
    spoiling((ledger) => ({
      async claim(slices, owner, term) {
        const starts = slices.map(async (slice) => {
          const [found] = await ledger.overview([slice])
          const { first } = found?.slices.find(({ last }) => slice.first <= last) ?? slice
          return { ...slice, first }
        })
        return ledger.claim(await Promise.all(starts), owner, term)
      },
    })),
  ),
  'forgets where a lease begins': breaking(
    [
      'a lease says what it is of, and where it begins',
      'a lease that has expired is taken over, from the checkpoint',
    ],
    spoiling((ledger) => ({
      claim: async (slices, owner, term) =>
        (await ledger.claim(slices, owner, term)).map((lease) => ({ ...lease, position: 0 })),
    })),
  ),
  'gives a lease of the whole log': breaking(
    [
      'of twenty that claim at once each slice goes to one',
      'a lease says what it is of, and where it begins',
    ],
    spoiling((ledger) => ({
      claim: async (slices, owner, term) =>
        (await ledger.claim(slices, owner, term)).map((lease) => ({ ...lease, last: whole.last })),
    })),
  ),
  'renews no lease': breaking(
    ['a lease that is renewed in time is nobody else’s', 'a lease holds as long as was asked for'],
    spoiling((ledger) => ({
      tend: (tending) => ledger.tend({ ...tending, held: [] }),
    })),
  ),
  'renews the first lease only': breaking(
    ['many leases are renewed at once, and only those'],
    spoiling((ledger) => ({
      tend: (tending) => ledger.tend({ ...tending, held: tending.held.slice(0, 1) }),
    })),
  ),
  'renews all leases of an owner': breaking(
    ['many leases are renewed at once, and only those'],
    spoiling((ledger) => {
      const given: Lease[] = []
      return {
        async claim(slices, owner, term) {
          const leased = await ledger.claim(slices, owner, term)
          given.push(...leased)
          return leased
        },
        tend: (tending) =>
          ledger.tend({ ...tending, held: given.filter(({ owner }) => owner === tending.owner) }),
      }
    }),
  ),
  'has one term for all leases': breaking(
    ['a lease holds as long as was asked for'],
    spoiling((ledger) => ({
      claim: (slices, owner) => ledger.claim(slices, owner, 30_000),
      tend: (tending) => ledger.tend({ ...tending, term: 30_000 }),
    })),
  ),
  'lets no lease expire': breaking(
    [
      'a lease that has expired is taken over, from the checkpoint',
      'giving back a lease that was lost takes it from nobody',
    ],
    spoiling((ledger) => ({
      claim: (slices, owner) => ledger.claim(slices, owner, 1e12),
    })),
  ),
  'takes an owner at his word that a lease is his': breaking(
    ['the same owner that claims again has a lease of its own'],
    recalling((ledger, newest) => ({
      commit: (page) => ledger.commit({ ...page, lease: ofOwner(newest, page.lease) }),
      advance: (moves) =>
        ledger.advance(moves.map((move) => ({ ...move, lease: ofOwner(newest, move.lease) }))),
    })),
  ),
  'writes under any lease of a slice': breaking(
    [
      'who lost a lease can write nothing under it',
      'the same owner that claims again has a lease of its own',
    ],
    recalling((ledger, newest) => ({
      commit: (page) => ledger.commit({ ...page, lease: newest(page.lease) }),
    })),
  ),
  'moves a checkpoint under any lease': breaking(
    [
      'who lost a lease can write nothing under it',
      'moves whose lease was lost are given back, and the others are made',
    ],
    recalling((ledger, newest) => ({
      async advance(moves) {
        await ledger.advance(moves.map((move) => ({ ...move, lease: newest(move.lease) })))
        return ledger.advance(moves)
      },
    })),
  ),
  'makes a model inline under any lease': breaking(
    [
      'who lost a lease can write nothing under it',
      'who lost the lease makes nothing inline, nor who has gone on meanwhile',
    ],
    recalling((ledger, newest) => ({
      turnInline: (lease, query, handle) => ledger.turnInline(newest(lease), query, handle),
    })),
  ),
  'renews a lease that was lost': breaking(
    ['a lease that was lost cannot be renewed, and keeps nobody out'],
    recalling((ledger, newest) => ({
      tend: (tending) => ledger.tend({ ...tending, held: tending.held.map(newest) }),
    })),
  ),
  'refuses what comes when a lease has expired': breaking(
    [
      'a lease that is renewed in time is nobody else’s',
      'a lease that has expired may be written under until it is taken',
      'events wait behind the first of their queue, and are due when it is gone',
    ],
    spoiling((ledger, _, { clock }) => {
      const expires = new Map<string, number>()
      const check = (lease: Lease) => {
        if ((expires.get(sliceOf(lease)) ?? Infinity) < clock().getTime()) throw leaseLost(lease)
      }
      return {
        async claim(slices, owner, term) {
          const leased = await ledger.claim(slices, owner, term)
          for (const lease of leased) expires.set(sliceOf(lease), clock().getTime() + term)
          return leased
        },
        async commit(page) {
          check(page.lease)
          return ledger.commit(page)
        },
      }
    }),
  ),
  'looks for the lease of a page before it writes, not with it': breaking(
    ['a page is committed before its slice is taken over, or not at all'],
    recalling((ledger, newest) => ({
      async commit(page) {
        const { token } = newest(page.lease)
        if (token !== page.lease.token) throw leaseLost(page.lease)
        await setImmediate()
        return ledger.commit({ ...page, lease: newest(page.lease) })
      },
    })),
  ),
  'leaves a slice taken that was given back': breaking(
    [
      'of twenty that claim at once each slice goes to one',
      'a page is committed before its slice is taken over, or not at all',
    ],
    spoiling(() => ({ release: async () => {} })),
  ),
  'gives the first lease back only': breaking(
    [
      'a lease that is given back is free at once',
      'a processor is not cut while its slices stand apart',
    ],
    spoiling((ledger) => ({
      release: (leased) => ledger.release(leased.slice(0, 1)),
    })),
  ),
  'lets who gave a lease back write on': breaking(
    ['a lease that is given back is free at once'],
    recalling((ledger, newest) => {
      const free = new Map<string, Lease>()
      return {
        async release(leased) {
          for (const lease of leased) free.set(sliceOf(lease), lease)
          await ledger.release(leased)
        },
        async commit(page) {
          const { lease } = page
          const given = free.get(sliceOf(lease))
          if (given?.token !== newest(lease).token) return ledger.commit(page)
          const [again] = await ledger.claim([lease], lease.owner, 30_000)
          return ledger.commit({ ...page, lease: again ?? lease })
        },
      }
    }),
  ),
  'takes a slice from whoever has it when an old lease is given back': breaking(
    [
      'giving back a lease that was lost takes it from nobody',
      'who ran a slice before it was cut can write nothing',
    ],
    recalling((ledger, newest) => ({ release: (leased) => ledger.release(leased.map(newest)) })),
  ),
}

const [whole = { first: 0, last: 0 }] = rangesOf(1)

function ofOwner(newest: (lease: Lease) => Lease, lease: Lease): Lease {
  const last = newest(lease)
  return last.owner === lease.owner ? last : lease
}
