import { checkOptions, checkWhole } from '../core/options.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Overview, TableSide } from '../store/ledger.ts'
import type { Position } from '../store/store.ts'
import { candidates, chosen, marksOf, positionOf, type DiffOptions } from './compared.ts'

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
  /** The first of those, by their primary keys. */
  readonly examples: readonly Readonly<Record<string, unknown>>[]
}

/** What two versions of a projection have of each other. */
export interface TablesDiff {
  readonly name: string
  /** A version, and up to where it has seen the log: where these are not one position, rows may differ for that. */
  readonly from: { readonly version: string; readonly position: Position }
  readonly to: { readonly version: string; readonly position: Position }
  /** Where the log ends: a version that is before it is to be built, or run, to be compared in earnest. */
  readonly end: Position
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
  const parts = partsBehind('diffTables', app)
  const { store } = parts
  const versions = chosen('projection', name, await candidates(parts, name), options)
  const { end, ...marks } = await marksOf(store, versions)
  const found = await store.ledger.compareTables(versions.from, versions.to, limit)
  const side = (one: Overview) => ({ version: one.version, position: positionOf(one, end) })
  const tables = found.map(({ table, ...sides }) => ({
    table,
    from: rowsOf(sides.from),
    to: rowsOf(sides.to),
  }))
  return { name, from: side(marks.from), to: side(marks.to), end, tables }
}

function rowsOf({ rows, only, examples }: TableSide): TableRows {
  return {
    rows,
    only,
    examples: examples.map((row) => JSON.parse(row) as TableRows['examples'][0]),
  }
}
