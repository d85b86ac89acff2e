import type { SqliteValue } from './driver.ts'

/** A piece of SQL with the values of its parameters, in their order. */
export interface Sql {
  readonly sql: string
  readonly values: readonly SqliteValue[]
}

export function text(sql: string, ...values: readonly SqliteValue[]): Sql {
  return { sql, values }
}

/** Pieces one after another. */
export function joined(separator: string, parts: readonly Sql[]): Sql {
  return {
    sql: parts.map(({ sql }) => sql).join(separator),
    values: parts.flatMap(({ values }) => values),
  }
}
