import type { SqliteStatement } from './driver.ts'

// more shapes of statements than a program has; a statement holds a few kilobytes
const remembered = 200

/** Statements that are prepared once. */
export class Statements {
  readonly #prepare: (sql: string) => SqliteStatement
  readonly #prepared = new Map<string, SqliteStatement>()

  constructor(prepare: (sql: string) => SqliteStatement) {
    this.#prepare = prepare
  }

  of(sql: string): SqliteStatement {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#prepare(sql)
    const [oldest] = this.#prepared.keys()
    if (oldest !== undefined && this.#prepared.size >= remembered) this.#prepared.delete(oldest)
    this.#prepared.set(sql, statement)
    return statement
  }
}
