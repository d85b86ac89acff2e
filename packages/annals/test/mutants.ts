import { appends } from './mutants/appends.ts'
import { contents } from './mutants/contents.ts'
import { decisions } from './mutants/decisions.ts'
import { followers } from './mutants/followers.ts'
import { lifetimes } from './mutants/lifetimes.ts'
import { reads } from './mutants/reads.ts'
import type { Mutate } from './mutants/ways.ts'

export { stopLeaks } from './mutants/lifetimes.ts'
export { broken } from './mutants/ways.ts'

/** What may be wrong with a store: a store that … */
export const mutants: Readonly<Record<string, Mutate>> = {
  ...appends,
  ...contents,
  ...reads,
  ...decisions,
  ...followers,
  ...lifetimes,
}
