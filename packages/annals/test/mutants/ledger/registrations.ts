import { UnavailableError } from '../../../src/core/errors.ts'
import type { ProcessorName, Registration } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { overlooking, registering, spoiling, telling } from './ways.ts'

/** What is wrong with registering: a ledger that … */
export const registrations: Mutants = {
  'registers nothing': breaking(
    [
      'one that was following stays so, though it is to be inline now',
      'pausing what nobody has registered says so',
    ],
    spoiling(() => ({ register: async () => {} })),
  ),
  'registers the first of several': breaking(
    [
      'several are registered at once, each version of a name for itself',
      'a new one follows from where it begins where the log is not empty',
    ],
    spoiling((ledger) => ({
      register: (list) => ledger.register(list.slice(0, 1)),
    })),
  ),
  'cuts no processor into slices': breaking(
    [
      'what is registered is known to every store, with its slices',
      'ten that register the same at once make it once',
    ],
    registering((one) => ({ ...one, slices: 1 })),
  ),
  'cuts slices that leave the last hash out': breaking(
    [
      'what is registered is known to every store, with its slices',
      'of ten that cut at once each sees the same slices afterwards',
    ],
    telling((slice) => ({
      ...slice,
      last: Math.min(slice.last, 1_022),
    })),
  ),
  'begins every processor at the beginning': breaking(
    [
      'what is registered is known to every store, with its slices',
      'a new one follows from where it begins where the log is not empty',
    ],
    registering((one) => ({ ...one, from: 0 })),
  ),
  'takes every processor for a subscription': breaking(
    ['what is registered is known to every store, with its slices'],
    registering((one) => ({
      ...one,
      kind: 'subscription',
    })),
  ),
  'takes the versions of a processor for one': breaking(
    [
      'several are registered at once, each version of a name for itself',
      'each model has documents of its own',
    ],
    spoiling((ledger) => ({
      register: (list) => ledger.register(list.map((one) => ({ ...one, version: '1' }))),
    })),
  ),
  'knows processors by name and version run together': breaking(
    [
      'several are registered at once, each version of a name for itself',
      'those who tend at once hold nobody up',
    ],
    spoiling((ledger) => ({
      register: (list) => ledger.register(list.map((one) => together(one))),
      overview: async (list) => ledger.overview(list?.map((one) => together(one))),
    })),
  ),
  'keeps to the number of slices it was told first': breaking(
    [
      'registering again changes only how many slices are wanted',
      'of ten that cut at once each sees the same slices afterwards',
    ],
    spoiling((ledger) => ({
      async register(list) {
        const known = await ledger.overview(list)
        await ledger.register(
          list.map((one) => {
            const found = known.find(
              ({ name, version }) => name === one.name && version === one.version,
            )
            return found ? { ...one, slices: found.wanted } : one
          }),
        )
      },
    })),
  ),
  'cuts a processor anew when it is registered again': breaking(
    [
      'a processor is cut anew where all of it stands',
      'a processor is not cut while its slices stand apart',
      'a processor is not cut while somebody runs a slice of it',
    ],
    spoiling((ledger) => ({
      async register(list) {
        await ledger.register(list)
        for (const one of list) {
          const [found] = await ledger.overview([one])
          if (found && found.wanted !== found.slices.length && found.wanted > 0)
            await ledger.recut(one)
        }
      },
    })),
  ),
  'takes a processor for what it was registered as last': breaking(
    ['registering again changes only how many slices are wanted'],
    spoiling((ledger) => {
      const kinds = new Map<string, Registration['kind']>()
      return {
        async register(list) {
          await ledger.register(list)
          for (const { name, version, kind } of list) kinds.set(`${name} ${version}`, kind)
        },
        overview: async (list) =>
          (await ledger.overview(list)).map((one) => ({
            ...one,
            kind: kinds.get(`${one.name} ${one.version}`) ?? one.kind,
          })),
      }
    }),
  ),
  'moves on to where a processor is registered again': breaking(
    ['registering again changes only how many slices are wanted'],
    spoiling((ledger) => ({
      async register(list) {
        const known = await ledger.overview(list)
        await ledger.register(list)
        for (const { name, version, slices } of known) {
          const from = list.find((one) => one.name === name && one.version === version)?.from ?? 0
          for (const { first, last, owner = 'a', token } of slices)
            await ledger.advance([
              { lease: { name, version, first, last, owner, token, position: 0 }, position: from },
            ])
        }
      },
    })),
  ),
  'takes leases away when a processor is registered again': breaking(
    ['registering again changes only how many slices are wanted'],
    spoiling((ledger) => ({
      async register(list) {
        const known = await ledger.overview(list)
        await ledger.register(list)
        for (const { name, version, slices } of known)
          for (const { first, last, owner = 'a', token } of slices)
            await ledger.release([{ name, version, first, last, owner, token, position: 0 }])
      },
    })),
  ),
  'refuses to register while somebody registers': breaking(
    ['ten that register the same at once make it once'],
    spoiling((ledger) => {
      let going = 0
      return {
        async register(list) {
          if (going > 0) throw new UnavailableError('ANNALS_UNAVAILABLE', 'somebody registers')
          going++
          await Promise.resolve()
          await ledger.register(list)
          going--
        },
      }
    }),
  ),
  'knows all processors, whichever are asked for': breaking(
    [
      'ten that register the same at once make it once',
      'a new one follows from where it begins where the log is not empty',
    ],
    spoiling((ledger) => ({
      overview: () => ledger.overview(),
    })),
  ),
  'knows one processor': breaking(
    [
      'several are registered at once, each version of a name for itself',
      'ten that register the same at once make it once',
    ],
    spoiling((ledger) => ({
      overview: async (list) => (await ledger.overview(list)).slice(0, 1),
    })),
  ),
  'has slices in any order': breaking(
    [
      'what is registered is known to every store, with its slices',
      'of ten that cut at once each sees the same slices afterwards',
    ],
    overlooking((one) => ({ ...one, slices: one.slices.toReversed() })),
  ),
}

function together<Named extends ProcessorName>(named: Named): Named {
  const name = `${named.name}${named.version}`.replaceAll(/[^a-z]/g, '')
  return { ...named, name, version: '1' }
}
