import type { Ledger, Overview, ProcessorName } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { spoiling } from './ways.ts'

/** Puts another way of going live in place. */
function going(goLive: (ledger: Ledger, name: ProcessorName, reached: number) => Promise<boolean>) {
  return spoiling((ledger) => ({ goLive: (name, reached) => goLive(ledger, name, reached) }))
}

async function found(ledger: Ledger, name: ProcessorName): Promise<Overview | undefined> {
  const [one] = await ledger.overview([name])
  return one
}

/** What is wrong with versions: a ledger that … */
export const versions: Mutants = {
  'makes nothing live': breaking(
    [
      'a version that begins behind events is live when it is built',
      'a version goes live when all of its slices have reached a position',
      'a version does not go live behind the one that is',
      'a version that is inline has reached everything',
      'an older version goes live only when nobody runs the newer',
    ],
    going(async () => false),
  ),
  'says that all goes live': breaking(
    [
      'a version goes live when all of its slices have reached a position',
      'a version does not go live behind the one that is',
      'a version that is inline has reached everything',
      'an older version goes live only when nobody runs the newer',
      'what nobody has registered goes nowhere',
    ],
    going(async (ledger, name, reached) => {
      await ledger.goLive(name, reached)
      return true
    }),
  ),
  'looks at the first slice of a version': breaking(
    ['a version goes live when all of its slices have reached a position'],
    going(async (ledger, name, reached) => {
      const first = (await found(ledger, name))?.slices[0]?.position ?? 0
      return ledger.goLive(name, first >= reached ? 0 : reached)
    }),
  ),
  'asks a version that is inline for its checkpoint': breaking(
    ['a version that is inline has reached everything'],
    going(async (ledger, name, reached) => {
      const one = await found(ledger, name)
      if (one?.mode === 'inline' && (one.slices[0]?.position ?? 0) < reached) return false
      return ledger.goLive(name, reached)
    }),
  ),
  'takes every version for built where it is registered': breaking(
    [
      'the first version of a name is live where the log is empty, and no other',
      'a version that begins behind events is live when it is built',
    ],
    spoiling((ledger) => ({
      async overview(names) {
        return (await ledger.overview(names)).map((one) => ({ ...one, live: true }))
      },
    })),
  ),
  'tells of no version that it is live': breaking(
    [
      'the first version of a name is live where the log is empty, and no other',
      'of versions that go live at once one is',
      'what somebody runs, or appends keep, is not dropped',
    ],
    spoiling((ledger) => ({
      async overview(names) {
        return (await ledger.overview(names)).map((one) => ({ ...one, live: false }))
      },
    })),
  ),
  'forgets nothing': breaking(
    [
      'what was dropped is gone, with its documents and what it put aside',
      'what somebody runs, or appends keep, is not dropped',
    ],
    spoiling((ledger) => ({
      drop: async (name) => (await found(ledger, name)) !== undefined,
    })),
  ),
  'forgets what is in use': breaking(
    ['what somebody runs, or appends keep, is not dropped'],
    spoiling((ledger) => ({ drop: (name) => ledger.drop(name).catch(() => true) })),
  ),
  'forgets all versions of a name': breaking(
    ['what was dropped is gone, with its documents and what it put aside'],
    spoiling((ledger) => ({
      async drop(name) {
        for (const one of await ledger.overview())
          if (one.name === name.name && one.version !== name.version) await ledger.drop(one)
        return ledger.drop(name)
      },
    })),
  ),
}
