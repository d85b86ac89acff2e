import type { Standing } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import type { Mutate } from '../ways.ts'
import { spoiling, telling } from './ways.ts'

/** Changes what is told to who tends. */
function answering(change: (told: readonly Standing[]) => readonly Standing[]): Mutate {
  return spoiling((ledger) => ({ tend: async (said) => change(await ledger.tend(said)) }))
}

/** What is wrong with what a ledger tells: a ledger that … */
export const standings: Mutants = {
  'tells nothing to who tends': breaking(
    [
      'those who ask for a processor are counted, until they are silent',
      'those who tend at once hold nobody up',
    ],
    answering(() => []),
  ),
  'tells who tends of one processor': breaking(
    [
      'who tends learns how its processors stand',
      'many leases are renewed at once, and only those',
      'those who tend at once hold nobody up',
    ],
    answering((told) => told.slice(0, 1)),
  ),
  'tells who tends that every model follows': breaking(
    ['a model that is inline has no lease, and a page of it goes nowhere'],
    answering((told) => told.map((one) => ({ ...one, mode: 'following' }))),
  ),
  'tells who tends of every processor': breaking(
    ['who tends learns how its processors stand'],
    spoiling((ledger) => ({
      async tend(said) {
        const runs = await ledger.overview()
        await ledger.tend(said)
        return ledger.tend({ ...said, held: [], runs })
      },
    })),
  ),
  'tells how things stood before it was told': breaking(
    [
      'a lease that has expired may be written under until it is taken',
      'who tends learns how its processors stand',
      'those who ask for a processor are counted, until they are silent',
    ],
    spoiling((ledger) => ({
      async tend(said) {
        const before = await ledger.tend({ ...said, owner: 'nobody', term: 0, held: [] })
        await ledger.tend(said)
        return before
      },
    })),
  ),
  'tells no owner': breaking(
    [
      'a lease that is renewed in time is nobody else’s',
      'giving back a lease that was lost takes it from nobody',
    ],
    telling((slice) => ({ ...slice, owner: undefined })),
  ),
  'tells the owner of a lease that has expired': breaking(
    ['who tends learns how its processors stand'],
    spoiling((ledger) => {
      const owners = new Map<string, string | undefined>()
      return {
        tend: async (said) =>
          (await ledger.tend(said)).map((of) => ({
            ...of,
            slices: of.slices.map((slice) => {
              const key = `${of.name} ${of.version} ${slice.first}`
              const owner = slice.owner ?? owners.get(key)
              owners.set(key, owner)
              return { ...slice, owner }
            }),
          })),
      }
    }),
  ),
  'tells checkpoints of the first slice': breaking(
    [
      'checkpoints move without work, many at once',
      'moves whose lease was lost are given back, and the others are made',
      'who tends learns how its processors stand',
    ],
    telling((slice, { slices: [first = slice] }) => ({
      ...slice,
      position: first.position,
    })),
  ),
  'tells tokens of its own': breaking(
    ['of twenty that claim at once each slice goes to one'],
    telling((slice) => ({ ...slice, token: slice.token + 1 })),
  ),
  'tells the tokens of the first slice': breaking(
    ['of twenty that claim at once each slice goes to one'],
    telling((slice, { slices: [first = slice] }) => ({
      ...slice,
      token: first.token,
    })),
  ),
  'says that nothing is due': breaking(
    ['a slice says whether something that was parked is due'],
    telling((slice) => ({ ...slice, due: false })),
  ),
  'does not say that something is due which somebody asked for': breaking(
    ['a slice says whether something that was parked is due'],
    spoiling((ledger) => ({
      tend: async (said) =>
        Promise.all(
          (await ledger.tend(said)).map(async (of) => ({
            ...of,
            slices: await Promise.all(
              of.slices.map(async (slice) => {
                const due = await ledger.due({ ...of, ...slice, owner: 'a' }, 1_000)
                return { ...slice, due: due.some(({ request }) => request === undefined) }
              }),
            ),
          })),
        ),
    })),
  ),
  'says that something is due in every slice': breaking(
    ['a slice says whether something that was parked is due'],
    telling((slice, { slices }) => ({
      ...slice,
      due: slices.some(({ due }) => due),
    })),
  ),
  'says that what is parked is due': breaking(
    ['a slice says whether something that was parked is due'],
    spoiling((ledger) => ({
      tend: async (said) =>
        Promise.all(
          (await ledger.tend(said)).map(async (of) => ({
            ...of,
            slices: await Promise.all(
              of.slices.map(async (slice) => {
                const lease = { ...of, ...slice, owner: 'a' }
                return { ...slice, due: (await ledger.queues(lease)).length > 0 }
              }),
            ),
          })),
        ),
    })),
  ),
}
