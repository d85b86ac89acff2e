import { misuse } from '../../../core/errors.ts'
import type { Mode, ProcessorName } from '../../../store/ledger.ts'
import { checkUnused } from '../../../store/refusals.ts'
import type { Position } from '../../../store/store.ts'
import { mayGoLive, type VersionStanding } from '../../../store/versions.ts'
import type { Connection } from '../database.ts'
import { hasDependents, isOtherShape } from '../failures.ts'
import type { Settings } from '../options.ts'
import { keptOut } from './turning.ts'
import { peoplesName, projectionTable, viewTable } from '../tables.ts'

/** Where versions are kept. */
export type Versions = Pick<Settings, 'schema' | 'clock'>

/** A version of a read model with what it has. */
interface Version extends ProcessorName, VersionStanding {
  readonly live: boolean
  readonly hasDocuments: boolean
  /** The tables of a projection, without their versions. */
  readonly tables: readonly string[]
}

/** Makes a version the live one, in the open transaction; false where it may not be. */
export async function goLive(
  connection: Connection,
  versions: Versions,
  processor: ProcessorName,
  reached: Position,
): Promise<boolean> {
  const { schema } = versions
  const found = () => candidates(connection, versions, processor)
  let { mine, before } = await found()
  if (!mine || !mayGoLive(mine, before, reached)) return false
  if (before?.mode === 'inline' && mine.mode !== 'inline') {
    // what is appended now would be seen in the one and not in the other
    if (!(await keptOut(connection, schema))) return false
    ;({ mine, before } = await found())
    if (!mine || !mayGoLive(mine, before, reached)) return false
  }
  await connection.rows({
    text: `update "${schema}".processors set live = (version = $2::text) where name = $1::text`,
    values: [mine.name, mine.version],
  })
  for (const table of before?.tables ?? [])
    if (before && !mine.tables.includes(table)) await hideTable(connection, schema, before, table)
  for (const table of mine.tables) await showTable(connection, schema, { mine, before }, table)
  return true
}

/** Forgets a version, in the open transaction; false where there is none. */
export async function drop(
  connection: Connection,
  versions: Versions,
  processor: ProcessorName,
): Promise<boolean> {
  const { schema } = versions
  const known = await lockedVersions(connection, versions, processor.name)
  const found = known.find(({ version }) => version === processor.version)
  if (!found) return false
  checkUnused(found, found)
  for (const table of found.tables) {
    await hideTable(connection, schema, found, table)
    await connection.run(`drop table if exists ${projectionTable(schema, found, table)}`)
  }
  const documents = viewTable(schema, found)
  if (found.hasDocuments)
    await connection.run(`drop function ${documents}(text[], text[]); drop table ${documents}`)
  for (const table of ['parked', 'runners', 'checkpoints', 'processors'])
    await connection.rows({
      text: `delete from "${schema}".${table} where name = $1::text and version = $2::text`,
      values: [found.name, found.version],
    })
  return true
}

/** A version that may go live, and the one that is. */
async function candidates(
  connection: Connection,
  versions: Versions,
  { name, version: wanted }: ProcessorName,
): Promise<Record<'mine' | 'before', Version | undefined>> {
  const known = await lockedVersions(connection, versions, name)
  return {
    mine: known.find(({ version }) => version === wanted),
    before: known.find(({ live }) => live),
  }
}

/** All versions of a name; nobody changes what is noted of them until the transaction ends. */
async function lockedVersions(
  connection: Connection,
  { schema, clock }: Versions,
  name: string,
): Promise<readonly Version[]> {
  const rows = await connection.rows({
    text: `select p.version::text as version, p.mode::text as mode, p.live::text as live, (p.fields is not null)::text as has_documents,
        array_to_json(p.tables)::text as tables,
        case
          when p.mode = 'inline' then coalesce((select max(e.position) from "${schema}".events e), 0)
          else (
            select min(c.position) from "${schema}".checkpoints c where c.name = p.name and c.version = p.version
          )
        end::text as position,
        (
          select count(*)
          from "${schema}".runners r
          where r.name = p.name and r.version = p.version and r.expires > "${schema}".time_of($2::float8)
        )::text as runners
      from "${schema}".processors p
      where p.name = $1::text
      order by p.version
      for no key update of p`,
    values: [name, clock ? String(clock().getTime()) : null],
  })
  return rows.map(([version, mode, live, hasDocuments, tables, position, runners]) => ({
    name,
    version: version ?? '',
    mode: mode as Mode,
    live: live === 'true',
    hasDocuments: hasDocuments === 'true',
    tables: JSON.parse(tables ?? '[]') as readonly string[],
    position: Number(position),
    runners: Number(runners),
  }))
}

/** Lets people read a table of a version by its plain name, where that is free or showed the version before. */
async function showTable(
  connection: Connection,
  schema: string,
  { mine, before }: { readonly mine: Version; readonly before: Version | undefined },
  table: string,
): Promise<void> {
  const plain = peoplesName(schema, table)
  const shown = projectionTable(schema, mine, table)
  const script = `view ${plain} as select * from ${shown}`
  if (await isThere(connection, plain)) {
    if (!before || !(await isShown(connection, plain, projectionTable(schema, before, table))))
      return
  }
  try {
    // what others were granted, and what they made of it, stays
    await connection.savepoint((inner) => inner.run(`create or replace ${script}`))
  } catch (error) {
    if (!isOtherShape(error)) throw error
    await dropView(connection, plain)
    await connection.run(`create ${script}`)
  }
}

/** Takes away what `showTable` made. */
async function hideTable(
  connection: Connection,
  schema: string,
  version: Version,
  table: string,
): Promise<void> {
  const plain = peoplesName(schema, table)
  if (await isShown(connection, plain, projectionTable(schema, version, table)))
    await dropView(connection, plain)
}

async function dropView(connection: Connection, name: string): Promise<void> {
  try {
    await connection.run(`drop view ${name}`)
  } catch (error) {
    if (!hasDependents(error)) throw error
    misuse(
      `${name} cannot show another version, since other views of the database stand on it; drop those, and make them again afterwards`,
      { cause: error },
    )
  }
}

async function isThere(connection: Connection, name: string): Promise<boolean> {
  const text = 'select (to_regclass($1::text) is not null)::text as there'
  const [row] = await connection.rows({ text, values: [name] })
  return row?.[0] === 'true'
}

/** Whether a name is that of a view on a table. */
async function isShown(connection: Connection, name: string, table: string): Promise<boolean> {
  const text = `select exists (
      select
      from pg_depend d
      join pg_rewrite r on r.oid = d.objid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
        and d.refobjid = to_regclass($2::text) and r.ev_class = to_regclass($1::text)
    )::text as shown`
  const [row] = await connection.rows({ text, values: [name, table] })
  return row?.[0] === 'true'
}
