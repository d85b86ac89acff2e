import type { Ledger, Registration } from '../../../src/store/ledger.ts'
import { everyEvent } from '../../../src/testing/contracts/ledger/tally.ts'
import { breaking, type Mutants } from '../proving.ts'
import { registering, spoiling } from './ways.ts'

/** Makes processors inline, with nothing of what is in the log. */
async function makeInline(ledger: Ledger, registrations: readonly Registration[]): Promise<void> {
  for (const { inline, name, version } of registrations) {
    const [lease] = inline ? await ledger.claim([{ name, version, first: 0 }], 'a', 1_000) : []
    if (lease) await ledger.turnInline({ ...lease }, everyEvent, () => ({}))
    if (lease) await ledger.release([lease])
  }
}

/** What is wrong with what is inline from the beginning: a ledger that … */
export const modes: Mutants = {
  'makes nothing inline at once': breaking(
    [
      'a new one is inline at once where the log is empty',
      'a once key with no event changes no document, and lets no model go',
    ],
    registering((one) => ({ ...one, inline: false })),
  ),
  'makes everything inline at once': breaking(
    [
      'one that was following stays so, though it is to be inline now',
      'a lease holds as long as was asked for',
    ],
    registering((one) => ({ ...one, inline: true })),
  ),
  'makes a new processor inline whatever the log has': breaking(
    [
      'a new one follows from where it begins where the log is not empty',
      'one that is registered while the log begins misses nothing of it',
    ],
    spoiling((ledger) => ({
      async register(list) {
        const known = await ledger.overview(list)
        await ledger.register(list)
        const fresh = list.filter(
          ({ name, version }) => !known.some((one) => one.name === name && one.version === version),
        )
        await makeInline(ledger, fresh)
      },
    })),
  ),
  'makes a processor inline that was following': breaking(
    ['one that was following stays so, though it is to be inline now'],
    spoiling((ledger) => ({
      async register(list) {
        const known = await ledger.overview(list)
        await ledger.register(list)
        await makeInline(
          ledger,
          list.filter(({ name, version }) =>
            known.some((one) => one.name === name && one.version === version),
          ),
        )
      },
    })),
  ),
}
