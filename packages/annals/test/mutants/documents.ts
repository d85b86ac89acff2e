import { combinations } from './documents/conditions.ts'
import { keeping } from './documents/keeping.ts'
import { rules } from './documents/rules.ts'
import { selections } from './documents/selecting.ts'
import { walks } from './documents/walking.ts'
import type { Mutants } from './proving.ts'

/** What may be wrong with documents: a store that … */
export const documentMutants: Mutants = {
  ...keeping,
  ...selections,
  ...combinations,
  ...rules,
  ...walks,
}
