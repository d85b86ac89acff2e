import { readdirSync, readFileSync } from 'node:fs'

/** A change of the tables, in a file of its own that is never edited once it was published. */
export interface Migration {
  readonly name: string
  readonly sql: string
  /** Whether code from before it can no longer use the tables. */
  readonly breaks: boolean
}

/** How a store brings its tables to this version, for those who do so before the programs start. */
export interface Migrations {
  /** Applies what is missing, whatever the store was told of migrating by itself; gives its names in order. */
  apply(): Promise<readonly string[]>
  /** The SQL that does the same, to be run by hand; absent where tables are made only by opening the store. */
  readonly script?: () => string
}

/** The migrations of a folder, in their order. Their first line says whether they break. */
export function shippedMigrations(folder: URL): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.toSorted().map((file) => {
    const sql = readFileSync(new URL(file, folder), 'utf8')
    const [, breaks] = /^-- breaks older code: (yes|no)\b/.exec(sql) ?? []
    if (!breaks)
      throw new Error(`the first line of ${file} does not say "breaks older code: yes" or "no"`)
    return { name: file.slice(0, -'.sql'.length), sql, breaks: breaks === 'yes' }
  })
}
