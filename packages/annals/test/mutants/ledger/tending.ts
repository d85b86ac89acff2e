import { UnavailableError } from '../../../src/core/errors.ts'
import type { Tending } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import type { Mutate } from '../ways.ts'
import { spoiling } from './ways.ts'

/** Changes what a process says of itself. */
function tending(change: (tending: Tending) => Tending): Mutate {
  return spoiling((ledger) => ({ tend: (said) => ledger.tend(change(said)) }))
}

/** Changes the errors that processes tell, by what they told before. */
function recallingErrors(
  change: (error: string | undefined, before: string | undefined) => string | undefined,
): Mutate {
  return spoiling((ledger) => {
    const errors = new Map<string, string | undefined>()
    return {
      tend: (said) =>
        ledger.tend({
          ...said,
          runs: said.runs.map((one) => {
            const key = `${said.owner} ${one.name} ${one.version}`
            const error = change(one.error, errors.get(key))
            errors.set(key, error)
            return { ...one, error }
          }),
        }),
    }
  })
}

/** What is wrong with what processes say of themselves: a ledger that … */
export const tendings: Mutants = {
  'counts nobody who asks': breaking(
    [
      'those who ask for a processor are counted, until they are silent',
      'what goes wrong with one who runs it is told while he says so',
      'those who tend at once hold nobody up',
    ],
    tending((said) => ({ ...said, owner: 'somebody' })),
  ),
  'counts those who are silent': breaking(
    [
      'those who ask for a processor are counted, until they are silent',
      'what goes wrong with one who runs it is told while he says so',
    ],
    spoiling((ledger) => ({
      async tend({ held, ...said }) {
        await ledger.tend({ ...said, held, runs: [] })
        return ledger.tend({ ...said, held: [], term: 1e12 })
      },
    })),
  ),
  'counts those who ask for any processor': breaking(
    ['those who ask for a processor are counted, until they are silent'],
    spoiling((ledger) => ({
      async tend(said) {
        const all = await ledger.overview()
        await ledger.tend({ ...said, held: [], runs: all })
        return ledger.tend(said)
      },
    })),
  ),
  'counts those who ask each time': breaking(
    [
      'those who ask for a processor are counted, until they are silent',
      'what goes wrong with one who runs it is told while he says so',
    ],
    spoiling((ledger) => {
      let turn = 0
      return {
        async tend({ owner, term, held, runs }) {
          await ledger.tend({ owner, term, held, runs: [] })
          return ledger.tend({ owner: `${owner} ${turn++}`, term, held: [], runs })
        },
      }
    }),
  ),
  'keeps no error': breaking(
    ['what goes wrong with one who runs it is told while he says so'],
    tending((said) => ({
      ...said,
      runs: said.runs.map(({ name, version }) => ({ name, version })),
    })),
  ),
  'keeps an error when all is well again': breaking(
    ['what goes wrong with one who runs it is told while he says so'],
    recallingErrors((error, before) => error ?? before),
  ),
  'keeps the first error': breaking(
    ['what goes wrong with one who runs it is told while he says so'],
    recallingErrors((error, before) => error && (before ?? error)),
  ),
  'keeps what the last one says of a processor': breaking(
    ['what goes wrong with one who runs it is told while he says so'],
    spoiling((ledger) => {
      const said = new Map<string, string | undefined>()
      return {
        tend(told) {
          for (const { name, version, error } of told.runs) said.set(`${name} ${version}`, error)
          return ledger.tend(told)
        },
        overview: async (list) =>
          (await ledger.overview(list)).map((one) => ({
            ...one,
            error: one.error && said.get(`${one.name} ${one.version}`),
          })),
      }
    }),
  ),
  'tells the error of a process for all that it runs': breaking(
    ['what goes wrong with one who runs it is told while he says so'],
    tending((said) => ({
      ...said,
      runs: said.runs.map((one) => ({
        ...one,
        error: said.runs.find(({ error }) => error)?.error,
      })),
    })),
  ),
  'remembers the error of one who is silent': breaking(
    ['what goes wrong with one who runs it is told while he says so'],
    spoiling((ledger) => {
      const errors = new Map<string, string>()
      return {
        tend(said) {
          for (const { name, version, error } of said.runs)
            if (error === undefined) errors.delete(`${name} ${version}`)
            else errors.set(`${name} ${version}`, error)
          return ledger.tend(said)
        },
        overview: async (list) =>
          (await ledger.overview(list)).map((one) => ({
            ...one,
            error: one.error ?? errors.get(`${one.name} ${one.version}`),
          })),
      }
    }),
  ),
  'refuses to tend while somebody tends': breaking(
    ['those who tend at once hold nobody up'],
    spoiling((ledger) => {
      let going = 0
      return {
        async tend(said) {
          if (going > 0) throw new UnavailableError('ANNALS_UNAVAILABLE', 'somebody tends')
          going++
          try {
            await Promise.resolve()
            return await ledger.tend(said)
          } finally {
            going--
          }
        },
      }
    }),
  ),
}
