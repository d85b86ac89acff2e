import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Draft } from 'annals'

const migrations = new URL('../../packages/annals/src/adapters/sqlite/sql/', import.meta.url)

/** A loop on `node:sqlite` without a library: the tables of Annals, prepared statements, nothing else. */
export class BareSqlite {
  readonly #database: DatabaseSync
  readonly #begin: StatementSync
  readonly #insert: StatementSync
  readonly #commit: StatementSync
  readonly #stream: StatementSync
  #position = 0

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'bare.db'))
    this.#database.exec('pragma journal_mode = wal; pragma synchronous = full')
    for (const file of readdirSync(migrations).toSorted())
      this.#database.exec(readFileSync(new URL(file, migrations), 'utf8'))
    this.#begin = this.#database.prepare('begin immediate')
    this.#commit = this.#database.prepare('commit')
    this.#insert = this.#database.prepare(`
      insert into annals_events
        (position, tenant, category, stream_id, version, id, type, schema_version, data, metadata, tags, at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?)`)
    this.#stream = this.#database.prepare(`
      select position, version, id, type, schema_version, data, metadata, tags, at
      from annals_events
      where tenant = '' and category = ? and stream_id = ?
      order by version
      limit 1000`)
    // rows as arrays are its fastest form
    this.#stream.setReturnArrays(true)
  }

  /** One transaction with these events, of which the first has `version`. */
  append(drafts: readonly Draft[], version: number): void {
    this.#begin.run()
    for (const [offset, draft] of drafts.entries()) this.#write(draft, version + offset)
    this.#commit.run()
  }

  /** The rows of a stream, a page of 1,000 with all columns that a loaded event has. */
  read(category: string, id: string): readonly Row[] {
    // the statement says what its columns hold
    return this.#stream.all(category, id) as unknown as readonly Row[]
  }

  close(): void {
    this.#database.close()
  }

  #write(draft: Draft, version: number): void {
    const { stream, id, type, schemaVersion, data, metadata } = draft
    const position = ++this.#position
    const place = [position, '', stream.category, stream.id, version] as const
    this.#insert.run(...place, id, type, schemaVersion, data, metadata, Date.now())
  }
}

/** A row of a stream; `data` is JSON text. */
export type Row = readonly [
  position: number,
  version: number,
  id: string,
  type: string,
  schemaVersion: number,
  data: string,
  ...rest: readonly unknown[],
]
