import { misuse } from '../core/errors.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'

/**
 * Brings the tables of an app's store to this version, also where the store was told not to by `migrate: false`. Those of its views and
 * projections are made by who starts with them first, or by `rebuild`. Gives the names of what was missing, in order; none where the
 * store has no tables.
 */
export async function migrate(app: App): Promise<readonly string[]> {
  const { store } = partsBehind('migrate', app)
  return (await store.migrations?.apply()) ?? []
}

/**
 * The SQL that brings the tables of an app's store to this version, to be run by hand; it may run again.
 *
 * @throws MisuseError `ANNALS_OPTION` where the store makes its tables by itself when it is opened, or has none.
 */
export function migrationSql(app: App): string {
  const { store } = partsBehind('migrationSql', app)
  const script = store.migrations?.script
  return (
    script?.() ??
    misuse(
      'the store of the app has no SQL to run by hand; its tables, if any, are made when it is opened',
    )
  )
}
