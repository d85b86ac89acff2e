import { misuse } from '../../core/errors.ts'
import type { ProcessorName } from '../../store/ledger.ts'

/** The full name of the table that holds the documents of a view. */
export function viewTable(schema: string, { name, version }: ProcessorName): string {
  return fullName(schema, `view_${name.replaceAll('-', '_')}_v${suffixOf(version)}`)
}

/**
 * What the indexes of a view have in the place of the tenant, since an index takes no more than 2,704 bytes: tenants, keys and
 * fields may have 1,000 each.
 */
export function shortTenant(tenant: string): string {
  return `left(${tenant}, 100)`
}

/** The full name of a table of a version of a projection. */
export function projectionTable(schema: string, { version }: ProcessorName, name: string): string {
  return fullName(schema, `${checkedTable(name)}_v${suffixOf(version)}`)
}

/** The full name under which people read a table of a projection, whatever its version. */
export function peoplesName(schema: string, name: string): string {
  return fullName(schema, checkedTable(name))
}

function suffixOf(version: string): string {
  return version.replaceAll('.', '_')
}

function checkedTable(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name)) return name
  return misuse(
    `a table of a projection is named ${JSON.stringify(name)}; its name takes small letters, digits and _`,
  )
}

// PostgreSQL would cut a longer name, so that two tables could be one
const longest = 63

function fullName(schema: string, name: string): string {
  if (name.length > longest)
    misuse(`the table ${name} has a name of ${name.length} characters; PostgreSQL takes ${longest}`)
  return `"${schema}"."${name}"`
}
