import type { ProcessorName } from '../../store/ledger.ts'
import type { Connection } from './connection.ts'

// The "v" keeps a-1 in version 2 from a in version 1.2: names have no _ and versions only digits and points.

/** The table of the documents of a view. */
export function documentsTable({ name, version }: ProcessorName): string {
  return `annals_view_${written(name)}_v${written(version)}`
}

/** The table that a version of a projection calls by a name. */
export function projectionTable({ version }: ProcessorName, name: string): string {
  return `${name}_v${written(version)}`
}

/** A name as it is written in a statement. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Whether there is a table, a view or an index of a name. */
export function isThere(connection: Connection, name: string): boolean {
  const found = 'select 1 from sqlite_schema where name = ? collate nocase'
  return connection.row(found, name) !== undefined
}

function written(part: string): string {
  return part.replaceAll(/[-.]/g, '_')
}
