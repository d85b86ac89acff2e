import type { Mode, ProcessorName } from '../../store/ledger.ts'
import { checkUnused } from '../../store/refusals.ts'
import type { Position } from '../../store/store.ts'
import { mayGoLive, type VersionStanding } from '../../store/versions.ts'
import type { Connection } from './connection.ts'
import { documentsTable, isThere, projectionTable, quoted } from './tables.ts'

const versions = `
  select p.version, p.mode, p.live, p.tables, p.kind,
    iif(
      p.mode = 'inline',
      coalesce((select max(position) from annals_events), 0),
      (select min(s.position) from annals_slices s where s.name = p.name and s.version = p.version)
    ),
    (select count(*) from annals_runners r where r.name = p.name and r.version = p.version and r.expires > ?)
  from annals_processors p
  where p.name = ?`

const live = `
  select version
  from annals_processors
  where name = ? and live = 1`

const choose = `
  update annals_processors
  set live = iif(version = ?, 1, 0)
  where name = ?`

const viewText = `
  select sql
  from sqlite_schema
  where type = 'view' and name = ? collate nocase`

type VersionRow = readonly [
  version: string,
  mode: Mode,
  live: number,
  tables: string,
  kind: string,
  position: number,
  runners: number,
]

/** The version of a name that is live. */
export function liveVersion(connection: Connection, name: string): string | undefined {
  return connection.row<[string]>(live, name)?.[0]
}

/** Makes a version the live one, in the open transaction; false where it may not be. */
export function goLive(
  connection: Connection,
  { name, version }: ProcessorName,
  { reached, now }: { readonly reached: Position; readonly now: number },
): boolean {
  const known = connection.rows<VersionRow>(versions, now, name)
  const mine = known.find(([one]) => one === version)
  const before = known.find(([, , isLive]) => isLive === 1)
  if (!mine || !mayGoLive(standingOf(mine), before && standingOf(before), reached)) return false
  connection.run(choose, version, name)
  if (before)
    for (const table of tablesOf(before)) hideTable(connection, table, { name, version: before[0] })
  for (const table of tablesOf(mine)) {
    if (!isThere(connection, table)) showTable(connection, table, { name, version })
  }
  return true
}

/** Forgets a version, in the open transaction; false where there is none. */
export function drop(
  connection: Connection,
  { name, version }: ProcessorName,
  now: number,
): boolean {
  const found = connection.rows<VersionRow>(versions, now, name).find(([one]) => one === version)
  if (!found) return false
  checkUnused({ name, version }, standingOf(found))
  if (found[4] === 'view')
    connection.database.exec(`drop table ${documentsTable({ name, version })}`)
  for (const table of tablesOf(found)) {
    hideTable(connection, table, { name, version })
    connection.database.exec(
      `drop table if exists ${quoted(projectionTable({ name, version }, table))}`,
    )
  }
  for (const table of ['parked', 'slices', 'runners', 'processors'])
    connection.run(`delete from annals_${table} where name = ? and version = ?`, name, version)
  return true
}

/** Lets people read a table of a projection by the name that it has without a version. */
export function showTable(connection: Connection, name: string, model: ProcessorName): void {
  const table = projectionTable(model, name)
  connection.database.exec(`create view ${quoted(name)} as select * from ${quoted(table)}`)
}

// only what `showTable` made: a name may be that of something else
function hideTable(connection: Connection, name: string, model: ProcessorName): void {
  const [text] = connection.row<[string]>(viewText, name) ?? []
  const table = quoted(projectionTable(model, name))
  if (text?.endsWith(` as select * from ${table}`))
    connection.database.exec(`drop view ${quoted(name)}`)
}

function standingOf([version, mode, , , , position, runners]: VersionRow): VersionStanding {
  return { version, mode, position, runners }
}

function tablesOf([, , , tables]: VersionRow): readonly string[] {
  return JSON.parse(tables) as readonly string[]
}
