import { readdirSync, readFileSync } from 'node:fs'
import { StorageError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'

/** A change of the tables, in a file of its own that is never edited once it was published. */
export interface Migration {
  readonly name: string
  readonly sql: string
  /** Whether code from before it can no longer use the tables. */
  readonly breaks: boolean
}

/** The migrations of this version, in their order. Their first line says whether they break. */
export function shippedMigrations(): readonly Migration[] {
  const folder = new URL('./sql/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.toSorted().map((file) => {
    const sql = readFileSync(new URL(file, folder), 'utf8')
    const [, breaks] = /^-- breaks older code: (yes|no)\b/.exec(sql) ?? []
    if (!breaks)
      throw new Error(`the first line of ${file} does not say "breaks older code: yes" or "no"`)
    return { name: file.slice(0, -'.sql'.length), sql, breaks: breaks === 'yes' }
  })
}

/**
 * Brings the tables to this version. Any number of processes may do so at once: they take turns, and
 * who comes later finds it done.
 */
export function migrate(connection: Connection, migrations: readonly Migration[]): void {
  if (missing(connection, migrations).length === 0) return
  connection.transaction(() => {
    connection.database.exec(`
      create table if not exists annals_migrations (
        name text primary key,
        breaks integer not null,
        at integer not null
      ) strict`)
    for (const { name, sql, breaks } of missing(connection, migrations)) {
      connection.database.exec(sql)
      connection.run(
        "insert into annals_migrations (name, breaks, at) values (?, ?, cast(unixepoch('subsec') * 1000 as integer))",
        name,
        breaks ? 1 : 0,
      )
    }
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
