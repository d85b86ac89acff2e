import { misuse } from '../../core/errors.ts'
import type { SqliteStatement, SqliteValue } from './driver.ts'

const nothing = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/
const control = /^(?:begin|commit|end|rollback|savepoint|release)\b/i

/** Refuses a statement of a projection that would not do what its author expects. */
export function checkStatement(statement: SqliteStatement, sql: string): SqliteStatement {
  const [word] = control.exec(withoutSpace(sql)) ?? []
  if (word)
    misuse(
      `a projection cannot say ${word.toUpperCase()}: its transaction is that of the store, which commits it; throw an error to take everything back`,
    )
  // node:sqlite prepares the first statement of several, and says nothing of the others
  const rest = sql.slice(statement.sourceSQL?.length ?? sql.length)
  if (withoutSpace(rest) !== '')
    misuse(
      `a projection runs one statement at a time; call tx.run again for: ${rest.trim().slice(0, 80)}`,
    )
  return statement
}

/** Refuses what SQLite cannot keep: node:sqlite would take an object, such as a Date, for a list of names, and bind null. */
export function checkValues(values: readonly unknown[]): readonly SqliteValue[] {
  return values.map((value, index) => {
    if (isValue(value)) return value
    return misuse(
      `value ${index + 1} of a statement is ${kindOf(value)}; SQLite takes texts, numbers, bigints, null and Uint8Arrays`,
    )
  })
}

function kindOf(value: unknown): string {
  if (value instanceof Date) return 'a Date, which is kept as its toISOString() or getTime()'
  if (Array.isArray(value)) return 'an array; give the values one by one, not in an array'
  if (typeof value === 'boolean') return 'a boolean, which is kept as 1 or 0'
  return value === undefined ? 'undefined, where nothing is null' : `of type ${typeof value}`
}

function isValue(value: unknown): value is SqliteValue {
  return (
    value === null ||
    value instanceof Uint8Array ||
    ['string', 'number', 'bigint'].includes(typeof value)
  )
}

function withoutSpace(sql: string): string {
  return sql.replace(nothing, '')
}
