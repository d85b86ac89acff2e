import { misuse } from '../../../core/errors.ts'
import type {
  Document,
  DocumentKey,
  Documents,
  Selection,
  WalkOptions,
} from '../../../store/documents.ts'
import type { ProcessorName } from '../../../store/ledger.ts'
import type { Row, Statement } from '../database.ts'
import type { PostgresTransaction } from '../driver.ts'
import { explained, isNoTable } from '../failures.ts'
import { viewTable } from '../tables.ts'
import { counted, documentUnder, selected, walked } from './document-queries.ts'

interface InTransaction {
  readonly tx?: PostgresTransaction
}

/** Runs a statement, in the caller's transaction where there is one; its errors are as the driver has them. */
type Rows = (statement: Statement, tx: PostgresTransaction | undefined) => Promise<readonly Row[]>

/** The documents of the views of a PostgreSQL store. */
export class PostgresDocuments implements Documents<PostgresTransaction> {
  readonly #schema: string
  readonly #rows: Rows

  constructor(schema: string, rows: Rows) {
    this.#schema = schema
    this.#rows = rows
  }

  async find(
    model: ProcessorName,
    key: DocumentKey,
    { tx }: InTransaction = {},
  ): Promise<Document | undefined> {
    const [row] = await this.#read(model, (table) => documentUnder(table, key), tx)
    return row && documentOf(row, key)
  }

  async select(
    model: ProcessorName,
    selection: Selection,
    { tx }: InTransaction = {},
  ): Promise<readonly Document[]> {
    const rows = await this.#read(model, (table) => selected(table, selection), tx)
    return rows.map((row) => documentOf(row, selection))
  }

  async walk(model: ProcessorName, options: WalkOptions): Promise<readonly Document[]> {
    const rows = await this.#read(model, (table) => walked(table, options), undefined)
    return rows.map(([tenant, ...row]) => documentOf(row, { tenant: tenant ?? '' }))
  }

  async count(
    model: ProcessorName,
    selection: Pick<Selection, 'tenant' | 'where'>,
    { tx }: InTransaction = {},
  ): Promise<number> {
    const [row] = await this.#read(model, (table) => counted(table, selection), tx)
    return Number(row?.[0])
  }

  async #read(
    model: ProcessorName,
    statement: (table: string) => Statement,
    tx: PostgresTransaction | undefined,
  ): Promise<readonly Row[]> {
    try {
      return await this.#rows(statement(viewTable(this.#schema, model)), tx)
    } catch (error) {
      if (isNoTable(error))
        misuse(
          `the view ${model.name} of version ${model.version} has no documents in the schema ${this.#schema}; start an app that keeps it`,
          { cause: error },
        )
      throw explained(error)
    }
  }
}

function documentOf(
  [key, state, position]: Row,
  { tenant }: Pick<DocumentKey, 'tenant'>,
): Document {
  return { tenant, key: key ?? '', state: state ?? '', position: Number(position) }
}
