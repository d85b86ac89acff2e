import { isDeepStrictEqual } from 'node:util'
import { misuse } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Document, DocumentKey, Documents } from '../store/documents.ts'
import type { Overview, ProcessorName, TableSide } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'
import { compareKeys } from '../store/texts.ts'
import { compareVersions } from '../store/versions.ts'
import { fullName } from './which.ts'

/** Which versions to compare. */
export interface DiffOptions {
  /** The newest but one, or what comes before `to`. */
  readonly from?: string
  /** The newest. */
  readonly to?: string
  /** How many documents to tell of, besides counting them: 20. */
  readonly limit?: number
}

/** A document that is another in two versions of a view; `undefined` where one of them has none. */
export interface Difference extends DocumentKey {
  readonly from: unknown
  readonly to: unknown
}

/** What two versions of a view have of each other. */
export interface Diff {
  readonly name: string
  readonly from: string
  readonly to: string
  /** How many documents are in both, and are the same. */
  readonly same: number
  readonly different: number
  readonly onlyFrom: number
  readonly onlyTo: number
  /** How many are other ones, but stand at other positions: one of the versions has not seen all that the other has. */
  readonly behind: number
  /** The first of those that are different or in one version only. */
  readonly differences: readonly Difference[]
}

// documents of a version that are read at a time
const page = 1_000

// how often a document is looked at again that is at other positions in the two
const looks = 20

/**
 * Compares the documents of two versions of a view, of all tenants, while both go on: before a roll-out, the version that `rebuild`
 * has made with the one that is live.
 *
 * @throws MisuseError `ANNALS_OPTION` when the store knows no view of the name, or not two versions of it.
 */
export async function diff(app: App, name: string, options: DiffOptions = {}): Promise<Diff> {
  checkOptions('diff', options, ['from', 'to', 'limit'])
  const { limit = 20 } = options
  checkWhole('diff: limit', limit)
  const { documents, ledger } = partsBehind('diff', app).store
  const known = (await ledger.overview()).filter((one) => one.name === name)
  const [from, to] = chosen('view', name, known, options)
  const counts = { same: 0, different: 0, onlyFrom: 0, onlyTo: 0, behind: 0 }
  const differences: Difference[] = []
  for await (const pair of pairs(documents, from, to)) {
    const settled = await settledPair(documents, { from, to }, pair)
    const kind = kindOf(settled)
    counts[kind]++
    if (kind === 'same' || kind === 'behind' || differences.length >= limit) continue
    const { tenant, key } = settled
    differences.push({ tenant, key, from: stateOf(settled.from), to: stateOf(settled.to) })
  }
  return { name, from: from.version, to: to.version, ...counts, differences }
}

/** A table of a projection in two versions, as both are at one moment. */
export interface TableDiff {
  /** Its name without a version. */
  readonly table: string
  readonly from: TableRows
  readonly to: TableRows
}

/** What a version has in a table. */
export interface TableRows {
  readonly rows: number
  /** How many of them the other version does not have, by the columns that both have. */
  readonly only: number
  /** The first of those. */
  readonly examples: readonly Readonly<Record<string, unknown>>[]
}

/** What two versions of a projection have of each other. */
export interface TablesDiff {
  readonly name: string
  /** A version, and up to where it has seen the log: where these are not one position, rows may differ for that. */
  readonly from: { readonly version: string; readonly position: Position }
  readonly to: { readonly version: string; readonly position: Position }
  readonly tables: readonly TableDiff[]
}

/**
 * Compares the tables of two versions of a projection, row by row.
 *
 * @throws MisuseError `ANNALS_OPTION` when the store knows no projection of the name, or not two versions of it.
 */
export async function diffTables(
  app: App,
  name: string,
  options: DiffOptions = {},
): Promise<TablesDiff> {
  checkOptions('diffTables', options, ['from', 'to', 'limit'])
  const { limit = 20 } = options
  checkWhole('diffTables: limit', limit)
  const { store } = partsBehind('diffTables', app)
  const { ledger } = store
  const known = (await ledger.overview()).filter((one) => one.name === name)
  const [from, to] = chosen('projection', name, known, options)
  const found = await ledger.compareTables(from, to, limit)
  const { position: head } = await store.settled()
  const side = ({ version, mode, slices }: Overview) => ({
    version,
    position: mode === 'inline' ? head : Math.min(...slices.map(({ position }) => position)),
  })
  const tables = found.map(({ table, ...sides }) => ({
    table,
    from: rowsOf(sides.from),
    to: rowsOf(sides.to),
  }))
  return { name, from: side(from), to: side(to), tables }
}

function rowsOf({ rows, only, examples }: TableSide): TableRows {
  return {
    rows,
    only,
    examples: examples.map((row) => JSON.parse(row) as TableRows['examples'][0]),
  }
}

function chosen(
  kind: 'view' | 'projection',
  name: string,
  known: readonly Overview[],
  { from: older, to: newer }: DiffOptions,
): readonly [from: Overview, to: Overview] {
  const other = known.find((one) => one.kind !== kind)
  if (other)
    misuse(
      `diff: ${name} is a ${other.kind}; ${kind === 'view' ? 'diff compares views, and diffTables projections' : 'diffTables compares projections, and diff views'}`,
    )
  const sorted = known.toSorted((one, next) => compareVersions(next.version, one.version))
  const of = (version: string) => sorted.find((one) => one.version === version)
  const to = newer === undefined ? sorted[0] : of(newer)
  const from = older === undefined ? sorted[to ? sorted.indexOf(to) + 1 : 0] : of(older)
  if (from && to) return [from, to]
  const versions = sorted.map(fullName).join(', ') || `no ${name}`
  return misuse(`diff: it takes two versions of a ${kind}, and the store knows ${versions}`)
}

/** A document as both versions have it. */
interface Pair extends DocumentKey {
  readonly from: Document | undefined
  readonly to: Document | undefined
}

/** All documents of two versions, each with that of the other. */
async function* pairs(
  documents: Documents,
  from: ProcessorName,
  to: ProcessorName,
): AsyncGenerator<Pair> {
  const [mine, its] = [all(documents, from), all(documents, to)]
  let [one, next] = [await mine.next(), await its.next()]
  while (!one.done || !next.done) {
    const order = one.done ? 1 : next.done ? -1 : compareKeys(one.value, next.value)
    const [left, right] = [order <= 0 ? one.value : undefined, order >= 0 ? next.value : undefined]
    const { tenant, key } = (left ?? right) as Document // one of them is the first of what is left
    yield { tenant, key, from: left || undefined, to: right || undefined }
    if (order <= 0) one = await mine.next()
    if (order >= 0) next = await its.next()
  }
}

async function* all(
  documents: Documents,
  model: ProcessorName,
): AsyncGenerator<Document, undefined> {
  let after: DocumentKey | undefined
  for (;;) {
    const found = await documents.walk(model, { limit: page, ...(after && { after }) })
    yield* found
    after = found.at(-1)
    if (found.length < page) return undefined
  }
}

/** The same, looked at again while one version lacks what the other has seen. */
async function settledPair(
  documents: Documents,
  { from, to }: { readonly from: ProcessorName; readonly to: ProcessorName },
  pair: Pair,
): Promise<Pair> {
  let now = pair
  for (let look = 0; look < looks && isMoving(now); look++) {
    const { tenant, key } = pair
    const [left, right] = await Promise.all([
      documents.find(from, { tenant, key }),
      documents.find(to, { tenant, key }),
    ])
    now = { tenant, key, from: left, to: right }
  }
  return now
}

function isMoving({ from, to }: Pair): boolean {
  return from?.position !== to?.position && !isSame({ from, to })
}

function isSame({ from, to }: Pick<Pair, 'from' | 'to'>): boolean {
  return (
    from !== undefined &&
    to !== undefined &&
    (from.state === to.state || isDeepStrictEqual(stateOf(from), stateOf(to)))
  )
}

function kindOf(pair: Pair): 'same' | 'different' | 'onlyFrom' | 'onlyTo' | 'behind' {
  if (isSame(pair)) return 'same'
  if (!pair.from) return 'onlyTo'
  if (!pair.to) return 'onlyFrom'
  return pair.from.position === pair.to.position ? 'different' : 'behind'
}

function stateOf(document: Document | undefined): unknown {
  return document && JSON.parse(document.state)
}
