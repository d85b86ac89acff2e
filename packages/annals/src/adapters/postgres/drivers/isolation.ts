import type { Database, Row, Statement } from '../database.ts'
import { isOtherIsolation } from '../failures.ts'

/**
 * A database whose statements run at READ COMMITTED, whatever it says of new transactions: a statement that refuses
 * another isolation goes again, in a transaction that names its own. That costs two round trips more, each time.
 */
export class ReadCommitted implements Database {
  readonly #database: Database
  /** The texts that were refused: those of the append functions, at most. */
  readonly #refused = new Set<string>()

  constructor(database: Database) {
    this.#database = database
  }

  async rows(statement: Statement): Promise<readonly Row[]> {
    if (!this.#refused.has(statement.text))
      try {
        return await this.#database.rows(statement)
      } catch (error) {
        if (!isOtherIsolation(error)) throw error
        this.#refused.add(statement.text)
      }
    return this.#database.transaction((connection) => connection.rows(statement))
  }

  transaction: Database['transaction'] = (work) => this.#database.transaction(work)

  listen: Database['listen'] = (channel, listener) => this.#database.listen(channel, listener)

  close(): Promise<void> {
    return this.#database.close()
  }
}
