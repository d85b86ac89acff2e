import { StorageError } from '../../core/errors.ts'
import { shippedMigrations, type Migration } from '../../store/migrations.ts'
import type { Connection } from './connection.ts'

/** The migrations of this version. */
export function ownMigrations(): readonly Migration[] {
  return shippedMigrations(new URL('./sql/', import.meta.url))
}

/**
 * Brings the tables to this version. Any number of processes may do so at once: they take turns, and
 * who comes later finds it done. Gives the names of what it applied.
 */
export function migrate(
  connection: Connection,
  migrations: readonly Migration[],
): readonly string[] {
  if (missing(connection, migrations).length === 0) return []
  return connection.transaction(() => {
    connection.database.exec(`
      create table if not exists annals_migrations (
        name text primary key,
        breaks integer not null,
        at integer not null
      ) strict`)
    const pending = missing(connection, migrations)
    for (const { name, sql, breaks } of pending) {
      connection.database.exec(sql)
      connection.run(
        "insert into annals_migrations (name, breaks, at) values (?, ?, cast(unixepoch('subsec') * 1000 as integer))",
        name,
        breaks ? 1 : 0,
      )
    }
    return pending.map(({ name }) => name)
  })
}

function missing(connection: Connection, migrations: readonly Migration[]): readonly Migration[] {
  const applied = appliedMigrations(connection)
  const shipped = new Set(migrations.map(({ name }) => name))
  const newer = [...applied].filter(([name, breaks]) => breaks && !shipped.has(name))
  if (newer.length > 0)
    throw new StorageError(
      'ANNALS_NEWER_DATABASE',
      `${connection.file} was changed by a newer version of Annals (${newer.map(([name]) => name).join(', ')}); ` +
        'upgrade the package annals in this program',
    )
  return migrations.filter(({ name }) => !applied.has(name))
}

function appliedMigrations(connection: Connection): ReadonlyMap<string, boolean> {
  const table = "select 1 from sqlite_schema where name = 'annals_migrations'"
  if (!connection.row(table)) return new Map()
  const rows = connection.rows<[string, number]>('select name, breaks from annals_migrations')
  return new Map(rows.map(([name, breaks]) => [name, breaks === 1]))
}
