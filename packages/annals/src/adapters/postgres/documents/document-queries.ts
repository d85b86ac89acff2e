import type {
  Condition,
  DocumentKey,
  Field,
  Selection,
  WalkOptions,
} from '../../../store/documents.ts'
import type { Statement } from '../database.ts'
import { Values } from '../parameters.ts'
import { shortTenant } from '../tables.ts'

// None of them is prepared: a plan that was made while the table was small reads all of it when it has grown.

/** The statement that reads one document. */
export function documentUnder(table: string, { tenant, key }: DocumentKey): Statement {
  return {
    text: `select key::text as key, state::text as state, position::text as position
      from ${table}
      where tenant = $1::text and key = $2::text`,
    values: [tenant, key],
  }
}

/** The statement that reads documents. */
export function selected(table: string, { tenant, where, order, limit }: Selection): Statement {
  const values = new Values()
  const sorted = order.map(
    ({ field, descending }) => `${column(field)} ${descending ? 'desc' : 'asc'}`,
  )
  const text = `select key::text as key, state::text as state, position::text as position
    from ${table}
    where ${ofTenant(values, tenant)} and ${conditionOf(values, where)}
    ${sorted.length > 0 ? `order by ${sorted.map((by) => `${table}.${by}`).join(', ')}` : ''}
    limit ${values.bigint(limit)}`
  return values.statement(text, false)
}

/** The statement that reads documents of all tenants. */
export function walked(table: string, { after, limit }: WalkOptions): Statement {
  const values = new Values()
  const beyond = after
    ? `where (tenant, key) > (${values.text(after.tenant)}, ${values.text(after.key)})`
    : ''
  const text = `select tenant::text as tenant, key::text as key, state::text as state, position::text as position
    from ${table} ${beyond}
    order by ${table}.tenant, ${table}.key
    limit ${values.bigint(limit)}`
  return values.statement(text, false)
}

/** The statement that counts documents. */
export function counted(
  table: string,
  { tenant, where }: Pick<Selection, 'tenant' | 'where'>,
): Statement {
  const values = new Values()
  const text = `select count(*)::text as documents
    from ${table}
    where ${ofTenant(values, tenant)} and ${conditionOf(values, where)}`
  return values.statement(text, false)
}

// the second condition is for the indexes of the fields
function ofTenant(values: Values, tenant: string): string {
  const given = values.text(tenant)
  return `tenant = ${given} and ${shortTenant('tenant')} = ${shortTenant(given)}`
}

// every column has a value, so that each of these is true or false
function conditionOf(values: Values, condition: Condition): string {
  if ('all' in condition) return joined(values, condition.all, ' and ', 'true')
  if ('any' in condition) return joined(values, condition.any, ' or ', 'false')
  if ('not' in condition) return `not ${conditionOf(values, condition.not)}`
  const name = column(condition.field)
  if ('in' in condition) return `${name} = any (${values.texts(condition.in)})`
  const { from, after, until, before } = condition
  const compared = Object.entries({ '>=': from, '>': after, '<=': until, '<': before }).flatMap(
    ([operator, value]) =>
      value === undefined ? [] : [`${name} ${operator} ${values.text(value)}`],
  )
  return compared.length > 0 ? `(${compared.join(' and ')})` : 'true'
}

function joined(
  values: Values,
  conditions: readonly Condition[],
  by: string,
  none: string,
): string {
  if (conditions.length === 0) return none
  return `(${conditions.map((condition) => conditionOf(values, condition)).join(by)})`
}

function column(field: Field): string {
  return field === 'key' ? 'key' : `f${field}`
}
