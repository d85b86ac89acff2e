import { AnnalsError } from '../../../src/core/errors.ts'
import type { Lease, Registration } from '../../../src/store/ledger.ts'
import { storeAt } from './place.ts'
import type { Stage } from './stage.ts'

/** What a lease of a history that was lost must not be good for in the other one. */
export type LeaseUse =
  | 'its owner ran the slice'
  | 'a page was committed'
  | 'a checkpoint was moved'
  | 'the processor became inline'
  | 'nobody else could claim the slice'

const term = 600_000

const registration: Registration = {
  name: 'leased',
  version: '1',
  kind: 'subscription',
  slices: 1,
  from: 0,
  inline: false,
}

/** The lease of the only slice of a processor, which lasts for longer than any test. */
export async function leased({ store }: Stage): Promise<Lease> {
  await store.ledger.register([registration])
  const [lease] = await store.ledger.claim([{ ...registration, first: 0 }], 'before', term)
  if (!lease) throw new Error('there was no slice to claim')
  return lease
}

/** What a lease is still good for; each is tried. */
export async function usesOf(lease: Lease, { place }: Stage): Promise<readonly LeaseUse[]> {
  await using store = storeAt(place)
  const { ledger } = store
  const [processor] = await ledger.tend({
    owner: lease.owner,
    term,
    held: [lease],
    runs: [registration],
  })
  const move = { lease, position: lease.position + 1 }
  const everything = { tenant: undefined, filters: [{}] }
  const uses: Readonly<Record<LeaseUse, boolean>> = {
    'its owner ran the slice': processor?.slices[0]?.owner !== undefined,
    'a page was committed': await unlessLost(ledger.commit(move)),
    'a checkpoint was moved': (await ledger.advance([move])).length === 0,
    'the processor became inline': await unlessLost(
      ledger.turnInline(lease, everything, () => ({})),
    ),
    'nobody else could claim the slice': (await ledger.claim([lease], 'after', term)).length === 0,
  }
  return (Object.keys(uses) as LeaseUse[]).filter((use) => uses[use])
}

async function unlessLost(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (error instanceof AnnalsError && error.code === 'ANNALS_LEASE_LOST') return false
    throw error
  }
}
