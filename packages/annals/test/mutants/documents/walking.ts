import type { Document, WalkOptions } from '../../../src/store/documents.ts'
import { breaking, type Mutants } from '../proving.ts'
import { spoiling } from './ways.ts'

const broken = ['all documents of a view are walked through, those of every tenant']

type Walk = (options: WalkOptions) => Promise<readonly Document[]>

function walking(change: (walk: Walk, options: WalkOptions) => Promise<readonly Document[]>) {
  return breaking(
    broken,
    spoiling((documents) => ({
      walk: (model, options) => change((asked) => documents.walk(model, asked), options),
    })),
  )
}

/** What is wrong with walks through all documents: a store that … */
export const walks: Mutants = {
  'walks through nothing': walking(async () => []),
  'walks through the documents of one tenant': walking(async (walk, options) => {
    const found = await walk(options)
    return found.filter(({ tenant }) => tenant === found[0]?.tenant)
  }),
  'begins each walk anew': walking((walk, { limit }) => walk({ limit: limit + 1 })),
  'passes over a document where a walk goes on': walking(async (walk, options) => {
    const found = await walk({ ...options, limit: options.limit + 1 })
    return options.after ? found.slice(1) : found.slice(0, options.limit)
  }),
  'walks through all at once': walking((walk, options) => walk({ ...options, limit: 1_000_000 })),
  'walks by keys whatever their tenants': walking(async (walk, options) => {
    const { after: _, ...rest } = options
    const all = await walk({ ...rest, limit: 1_000_000 })
    const sorted = all.toSorted((one, next) => (one.key < next.key ? -1 : 1))
    const from = sorted.findIndex(
      ({ tenant, key }) => tenant === options.after?.tenant && key === options.after.key,
    )
    return sorted.slice(from + 1, from + 1 + options.limit)
  }),
}
