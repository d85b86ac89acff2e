import type { Condition, Field, Selection } from '../../store/documents.ts'
import { joined, text, type Sql } from './sql-text.ts'

/** The columns that the documents of a view are found by. */
export function fieldColumn(field: Field): string {
  return field === 'key' ? 'key' : `f${field}`
}

/** A condition on documents. Texts are compared by their bytes, as the columns are. */
export function conditionSql(condition: Condition): Sql {
  if ('all' in condition) return combined('and', condition.all, 'true')
  if ('any' in condition) return combined('or', condition.any, 'false')
  if ('not' in condition) return joined('', [text('not ('), conditionSql(condition.not), text(')')])
  const column = fieldColumn(condition.field)
  if ('in' in condition) return amongSql(column, condition.in)
  const { from, after, until, before } = condition
  const bounds = [
    ['>=', from],
    ['>', after],
    ['<=', until],
    ['<', before],
  ] as const
  const given = bounds.flatMap(([comparison, value]) =>
    value === undefined ? [] : [text(`${column} ${comparison} ?`, value)],
  )
  return given.length > 0 ? joined(' and ', given) : text('true')
}

/** The order of a selection. */
export function orderSql(order: Selection['order']): string {
  return order
    .map(({ field, descending }) => `${fieldColumn(field)} ${descending ? 'desc' : 'asc'}`)
    .join(', ')
}

function amongSql(column: string, values: readonly string[]): Sql {
  const [only] = values
  if (only !== undefined && values.length === 1) return text(`${column} = ?`, only)
  return text(`${column} in (select value from json_each(?))`, JSON.stringify(values))
}

// As a tree of halves: SQLite takes expressions of a thousand levels, and a chain has one for each part.
function combined(word: 'and' | 'or', conditions: readonly Condition[], empty: string): Sql {
  const [only] = conditions
  if (!only) return text(empty)
  if (conditions.length === 1) return joined('', [text('('), conditionSql(only), text(')')])
  const middle = Math.ceil(conditions.length / 2)
  return joined('', [
    text('('),
    combined(word, conditions.slice(0, middle), empty),
    text(` ${word} `),
    combined(word, conditions.slice(middle), empty),
    text(')'),
  ])
}
