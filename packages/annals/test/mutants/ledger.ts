import { checkpoints } from './ledger/checkpoints.ts'
import { dues } from './ledger/due.ts'
import { inlines } from './ledger/inline.ts'
import { leases } from './ledger/leases.ts'
import { lettingGo } from './ledger/letting-go.ts'
import { lists } from './ledger/listing.ts'
import { modes } from './ledger/modes.ts'
import { parked } from './ledger/parked.ts'
import { pauses } from './ledger/pausing.ts'
import { recuts } from './ledger/recutting.ts'
import { refused } from './ledger/refused.ts'
import { registrations } from './ledger/registrations.ts'
import { standings } from './ledger/standings.ts'
import { tendings } from './ledger/tending.ts'
import { turns } from './ledger/turning.ts'
import { versions } from './ledger/versions.ts'
import { counts } from './ledger/waiting.ts'
import type { Mutants } from './proving.ts'

/** What may be wrong with a ledger, and with appends that keep models inline: a ledger that … */
export const ledgerMutants: Mutants = {
  ...registrations,
  ...modes,
  ...leases,
  ...checkpoints,
  ...standings,
  ...tendings,
  ...pauses,
  ...counts,
  ...recuts,
  ...parked,
  ...dues,
  ...lists,
  ...inlines,
  ...refused,
  ...lettingGo,
  ...turns,
  ...versions,
}
