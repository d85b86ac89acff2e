import { StorageError } from '../../core/errors.ts'
import { shippedMigrations, type Migration } from '../../store/migrations.ts'
import type { Connection, Database } from './database.ts'
import { checkedSchema } from './options.ts'

interface Rows {
  rows: Connection['rows']
}

/**
 * Brings the tables of a schema to this version. Any number of processes may do so at once: they take
 * turns, and who comes later finds it done. Gives the names of what was missing.
 */
export async function migrate(database: Database, schema: string): Promise<readonly string[]> {
  const migrations = ownMigrations()
  const names = (await missing(database, schema, migrations)).map(({ name }) => name)
  if (names.length === 0) return names
  await database.transaction(async (connection) => {
    // what bounds a statement of a request would end the making of an index
    await connection.run('set local statement_timeout = 0; set local lock_timeout = 0')
    await connection.run(steps(schema, migrations))
  })
  return names
}

/** Refuses a schema that was not brought to this version. */
export async function checkMigrated(database: Database, schema: string): Promise<void> {
  const pending = await missing(database, schema, ownMigrations())
  if (pending.length > 0)
    throw new StorageError(
      'ANNALS_NOT_MIGRATED',
      `the schema ${schema} lacks ${pending.map(({ name }) => name).join(', ')}; ` +
        `run npx annals migrate, or what migrationScript('${schema}') gives, or leave out migrate: false`,
    )
}

/**
 * The SQL that brings a schema to this version, for those who make tables by hand, by a role that may; the store is
 * then opened with `migrate: false`. What was applied is left out when it runs, so it may run again.
 */
export function migrationScript(schema = 'annals'): string {
  return `begin isolation level read committed;\n${steps(checkedSchema(schema), ownMigrations())}\ncommit;\n`
}

function steps(schema: string, migrations: readonly Migration[]): string {
  return `${migrationLock(schema)};
create schema if not exists "${schema}";
set local search_path to "${schema}";
create table if not exists migrations (
  name text primary key,
  breaks boolean not null,
  at timestamptz not null default clock_timestamp()
);
${migrations.map(step).join('\n')}`
}

/** The statement that lets those who make tables in a schema take turns, until their transactions end. */
export function migrationLock(schema: string): string {
  return `select pg_advisory_xact_lock(hashtextextended('annals migrations ${schema}', 0))`
}

function step({ name, sql, breaks }: Migration): string {
  return `do $step$ begin
if not exists (select from migrations where name = '${name}') then
execute $sql$
${sql}
$sql$;
insert into migrations (name, breaks) values ('${name}', ${breaks});
end if;
end $step$;`
}

async function missing(
  connection: Rows,
  schema: string,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const done = await appliedTo(connection, schema)
  const shipped = new Set(migrations.map(({ name }) => name))
  const newer = [...done].filter(([name, breaks]) => breaks && !shipped.has(name))
  if (newer.length > 0)
    throw new StorageError(
      'ANNALS_NEWER_DATABASE',
      `the schema ${schema} was changed by a newer version of Annals (${newer.map(([name]) => name).join(', ')}); ` +
        'upgrade the package annals in this program',
    )
  return migrations.filter(({ name }) => !done.has(name))
}

/** Which migrations a schema has, and whether they break. */
async function appliedTo(connection: Rows, schema: string): Promise<ReadonlyMap<string, boolean>> {
  const table = `"${schema}".migrations`
  const [found] = await connection.rows({
    text: 'select to_regclass($1::text)::text',
    values: [table],
  })
  if (!found?.[0]) return new Map()
  const rows = await connection.rows({
    text: `select name, breaks::text as breaks from ${table}`,
    values: [],
  })
  return new Map(rows.map(([name, breaks]) => [name ?? '', breaks === 'true']))
}

/** The migrations of this version. */
function ownMigrations(): readonly Migration[] {
  return shippedMigrations(new URL('./sql/', import.meta.url))
}
