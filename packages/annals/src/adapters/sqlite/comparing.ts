import type { ProcessorName, TableDifference, TableSide } from '../../store/ledger.ts'
import type { Connection } from './connection.ts'
import { isThere, projectionTable, quoted } from './tables.ts'

/** Which versions are compared. */
export interface Compared {
  readonly from: ProcessorName
  readonly to: ProcessorName
}

const tables = `
  select t.value
  from annals_processors p, json_each(p.tables) t
  where p.name = ? and p.version in (?, ?)
  group by t.value
  order by t.value`

// those of the primary key first, which rows are ordered by
const columns = `
  select name
  from pragma_table_info(?)
  order by pk = 0, pk, name`

/** Compares the tables of two versions of a projection, in an open transaction. */
export function comparedTables(
  connection: Connection,
  { from, to }: Compared,
  limit: number,
): readonly TableDifference[] {
  return connection.rows<[string]>(tables, from.name, from.version, to.version).map(([table]) => {
    const [mine, its] = [projectionTable(from, table), projectionTable(to, table)]
    const shared = sharedColumns(connection, mine, its)
    return {
      table,
      from: sideOf(connection, { of: mine, than: its, shared }, limit),
      to: sideOf(connection, { of: its, than: mine, shared }, limit),
    }
  })
}

function sharedColumns(connection: Connection, one: string, other: string): readonly string[] {
  const of = (table: string) => connection.rows<[string]>(columns, table).map(([name]) => name)
  const its = new Set(of(other))
  return of(one).filter((name) => its.has(name))
}

interface Side {
  readonly of: string
  readonly than: string
  readonly shared: readonly string[]
}

function sideOf(connection: Connection, { of, than, shared }: Side, limit: number): TableSide {
  if (!isThere(connection, of)) return { rows: 0, only: 0, examples: [] }
  const rows = count(connection, quoted(of))
  // another version without the table, or without any of its columns, has none of the rows
  if (shared.length === 0) return { rows, only: rows, examples: [] }
  const list = shared.map(quoted).join(', ')
  // SQLite has no `except all`: of rows that are alike each has a number
  const rowsOf = (table: string) =>
    `select ${list}, row_number() over (partition by ${list}) from ${quoted(table)}`
  const only = `(${rowsOf(of)} except ${rowsOf(than)})`
  const fields = shared.map(fieldOf).join(', ')
  const examples = connection.rows<[string]>(
    `select json_object(${fields}) from ${only} order by ${list} limit ?`,
    limit,
  )
  return { rows, only: count(connection, only), examples: examples.map(([row]) => row) }
}

// JSON has no bytes
function fieldOf(name: string): string {
  const column = quoted(name)
  return `'${name.replaceAll("'", "''")}', iif(typeof(${column}) = 'blob', hex(${column}), ${column})`
}

function count(connection: Connection, table: string): number {
  return connection.row<[number]>(`select count(*) from ${table}`)?.[0] ?? 0
}
