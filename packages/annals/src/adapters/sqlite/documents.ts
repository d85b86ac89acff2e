import type {
  Document,
  DocumentChange,
  DocumentKey,
  Documents,
  Selection,
  WalkOptions,
} from '../../store/documents.ts'
import type { ProcessorName } from '../../store/ledger.ts'
import type { Access, InTransaction } from './access.ts'
import { conditionSql, fieldColumn, orderSql } from './conditions.ts'
import type { Connection } from './connection.ts'
import type { SqliteDatabase } from './driver.ts'
import { joined, text } from './sql-text.ts'
import { documentsTable, isThere } from './tables.ts'

type DocumentRow = readonly [key: string, state: string, position: number]

/** Makes the table of a view's documents, with an index for each field that they are found by. */
export function makeDocuments(connection: Connection, model: ProcessorName, fields: number): void {
  const table = documentsTable(model)
  const columns = fieldColumns(fields)
  connection.database.exec(`
    create table ${table} (
      tenant text not null,
      key text not null,
      position integer not null,
      state text not null,
      ${columns.map((column) => `${column} text not null,`).join('\n')}
      primary key (tenant, key)
    ) strict`)
  for (const column of columns)
    connection.database.exec(`create index ${table}_${column} on ${table} (tenant, ${column}, key)`)
}

export function readDocument(
  connection: Connection,
  model: ProcessorName,
  { tenant, key }: DocumentKey,
): Document | undefined {
  const found = `
    select key, state, position
    from ${documentsTable(model)}
    where tenant = ? and key = ?`
  const row = connection.row<DocumentRow>(found, tenant, key)
  return row && documentOf(tenant, row)
}

export function writeDocument(
  connection: Connection,
  model: ProcessorName,
  { tenant, key, position, state, fields }: DocumentChange,
): void {
  const columns = ['position', 'state', ...fieldColumns(fields.length)]
  const write = `
    insert into ${documentsTable(model)} (tenant, key, ${columns.join(', ')})
    values (?, ?${', ?'.repeat(columns.length)})
    on conflict (tenant, key) do update
    set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`
  connection.run(write, tenant, key, position, state, ...fields)
}

/** The documents of the views in a SQLite database. */
export class SqliteDocuments implements Documents<SqliteDatabase> {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  find(
    model: ProcessorName,
    key: DocumentKey,
    where?: InTransaction,
  ): Promise<Document | undefined> {
    return this.#access(
      (connection) =>
        ofTable(connection, model, undefined, () => readDocument(connection, model, key)),
      where,
    )
  }

  select(
    model: ProcessorName,
    { tenant, where: condition, order, limit }: Selection,
    where?: InTransaction,
  ): Promise<readonly Document[]> {
    const { sql, values } = joined(' ', [
      text(`select key, state, position from ${documentsTable(model)}`),
      text('where tenant = ? and', tenant),
      conditionSql(condition),
      text(`order by ${orderSql(order)} limit ?`, limit),
    ])
    return this.#access(
      (connection) =>
        ofTable(connection, model, [], () => {
          const rows = connection.rows<DocumentRow>(sql, ...values)
          return rows.map((row) => documentOf(tenant, row))
        }),
      where,
    )
  }

  walk(model: ProcessorName, { after, limit }: WalkOptions): Promise<readonly Document[]> {
    const { sql, values } = joined(' ', [
      text(`select tenant, key, state, position from ${documentsTable(model)}`),
      after ? text('where (tenant, key) > (?, ?)', after.tenant, after.key) : text(''),
      text('order by tenant, key limit ?', limit),
    ])
    return this.#access((connection) =>
      ofTable(connection, model, [], () => {
        const rows = connection.rows<readonly [tenant: string, ...DocumentRow]>(sql, ...values)
        return rows.map(([tenant, ...row]) => documentOf(tenant, row))
      }),
    )
  }

  count(
    model: ProcessorName,
    { tenant, where: condition }: Pick<Selection, 'tenant' | 'where'>,
    where?: InTransaction,
  ): Promise<number> {
    const { sql, values } = joined(' ', [
      text(`select count(*) from ${documentsTable(model)}`),
      text('where tenant = ? and', tenant),
      conditionSql(condition),
    ])
    return this.#access(
      (connection) =>
        ofTable(connection, model, 0, () => connection.row<[number]>(sql, ...values)?.[0] ?? 0),
      where,
    )
  }
}

// a view that nobody has registered yet has no documents
function ofTable<Result>(
  connection: Connection,
  model: ProcessorName,
  none: Result,
  work: () => Result,
): Result {
  try {
    return work()
  } catch (error) {
    if (isThere(connection, documentsTable(model))) throw error
    return none
  }
}

function fieldColumns(fields: number): readonly string[] {
  return Array.from({ length: fields }, (_, field) => fieldColumn(field))
}

function documentOf(tenant: string, [key, state, position]: DocumentRow): Document {
  return { tenant, key, state, position }
}
