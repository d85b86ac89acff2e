import type { ProcessorName, TableDifference, TableSide } from '../../../store/ledger.ts'
import type { Connection } from '../database.ts'
import { projectionTable } from '../tables.ts'

/** Which versions are compared, and how many rows are given. */
export interface Compared {
  readonly from: ProcessorName
  readonly to: ProcessorName
  readonly limit: number
}

/** Compares the tables of two versions of a projection, in an open transaction. */
export async function comparedTables(
  connection: Connection,
  schema: string,
  { from, to, limit }: Compared,
): Promise<readonly TableDifference[]> {
  const found = await connection.rows({
    text: `select distinct t.name::text as name
      from "${schema}".processors p, unnest(p.tables) t(name)
      where p.name = $1::text and p.version in ($2::text, $3::text)
      order by 1`,
    values: [from.name, from.version, to.version],
  })
  const differences: TableDifference[] = []
  for (const [table = null] of found) {
    if (table === null) continue
    const [mine, its] = [from, to].map((model) => projectionTable(schema, model, table))
    if (mine === undefined || its === undefined) continue
    differences.push(await compared(connection, table, { mine, its, limit }))
  }
  return differences
}

interface Tables {
  readonly mine: string
  readonly its: string
  readonly limit: number
}

async function compared(
  connection: Connection,
  table: string,
  { mine, its, limit }: Tables,
): Promise<TableDifference> {
  const shared = await sharedColumns(connection, mine, its)
  if (shared.length === 0)
    return { table, from: await alone(connection, mine), to: await alone(connection, its) }
  // not every type can be compared, but all of them as JSON
  const rowsOf = (of: string) =>
    `select to_jsonb(r) as json from (select ${shared.map(({ name }) => name).join(', ')} from ${of}) r`
  const order = shared.map(({ literal }) => `a.json -> ${literal}`).join(', ')
  const sides = [
    [mine, its],
    [its, mine],
  ].map(([of = '', than = '']) => {
    const only = `(${rowsOf(of)} except all ${rowsOf(than)})`
    return `(select count(*) from ${only} o)::text,
      (select json_agg(o.json::text) from (select json from ${only} a order by ${order} limit $1::bigint) o)::text`
  })
  // one statement, which sees both as they are at one moment
  const [row] = await connection.rows({
    text: `select (select count(*) from ${mine})::text as a, (select count(*) from ${its})::text as b, s.*
      from (select ${sides.join(', ')}) s(only_a, rows_a, only_b, rows_b)`,
    values: [String(limit)],
  })
  const [rows, itsRows, onlyMine, examples, onlyIts, itsExamples] = row ?? []
  return {
    table,
    from: sideOf(rows, onlyMine, examples),
    to: sideOf(itsRows, onlyIts, itsExamples),
  }
}

type Text = string | null | undefined

function sideOf(rows: Text, only: Text, examples: Text): TableSide {
  const list = JSON.parse(examples ?? '[]') as readonly string[]
  return { rows: Number(rows), only: Number(only), examples: list }
}

/** A table that the other version does not have, or shares no column with. */
async function alone(connection: Connection, table: string): Promise<TableSide> {
  const [there] = await connection.rows({
    text: 'select (to_regclass($1::text) is not null)::text as there',
    values: [table],
  })
  if (there?.[0] !== 'true') return { rows: 0, only: 0, examples: [] }
  const text = `select count(*)::text as rows from ${table}`
  const [row] = await connection.rows({ text, values: [] })
  return { rows: Number(row?.[0]), only: Number(row?.[0]), examples: [] }
}

/** A column as it is written in a statement: as a name, and as a text. */
interface Column {
  readonly name: string
  readonly literal: string
}

/** The columns that both tables have; those of the primary key first, which rows are ordered by. */
async function sharedColumns(
  connection: Connection,
  one: string,
  other: string,
): Promise<readonly Column[]> {
  const rows = await connection.rows({
    text: `select quote_ident(a.attname)::text as name, quote_literal(a.attname)::text as literal
      from pg_attribute a
      join pg_attribute b on b.attname = a.attname and b.attrelid = to_regclass($2::text)
      left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
      where a.attrelid = to_regclass($1::text) and a.attnum > 0 and not a.attisdropped and not b.attisdropped
      order by array_position(i.indkey::int2[], a.attnum), a.attname`,
    values: [one, other],
  })
  return rows.map(([name, literal]) => ({ name: name ?? '', literal: literal ?? '' }))
}
