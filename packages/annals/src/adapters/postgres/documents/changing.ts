import type { Document, DocumentChange, DocumentKey } from '../../../store/documents.ts'
import type { Row, Statement } from '../database.ts'
import { Values } from '../parameters.ts'

/** The statement that reads the documents of a table under some keys; `documentsOf` reads its rows. */
export function documentsUnder(
  schema: string,
  table: string,
  keys: readonly DocumentKey[],
): Statement {
  const values = new Values()
  const given = [
    values.text(table),
    values.many(keys.map(({ tenant }) => tenant)),
    values.many(keys.map(({ key }) => key)),
  ]
  const text = `select place::text as place, state, position::text as position
    from "${schema}".documents_of(${given.join(', ')})`
  return values.statement(text, true)
}

/** Documents by their keys, from the rows of `documentsUnder`. */
export function documentsOf(
  keys: readonly DocumentKey[],
  rows: readonly Row[],
): (key: DocumentKey) => Document | undefined {
  const documents = new Map<string, Document>()
  for (const [place, state, position] of rows) {
    // each row has the place of its key, from 1
    const { tenant, key } = keys[Number(place) - 1] as DocumentKey
    const document = { tenant, key, state: state ?? '', position: Number(position) }
    documents.set(nameOf(document), document)
  }
  return (key) => documents.get(nameOf(key))
}

/** Writes documents into a table: a part of a statement, which has its values in `values`. */
export function upsert(values: Values, table: string, changes: readonly DocumentChange[]): string {
  const fields = (changes[0]?.fields ?? []).map((_, place) => `f${place}`)
  const columns = ['tenant', 'key', 'state', 'position', ...fields]
  const lists = [
    values.many(changes.map(({ tenant }) => tenant)),
    values.many(changes.map(({ key }) => key)),
    values.many(
      changes.map(({ state }) => state),
      'json',
    ),
    values.numbers(
      changes.map(({ position }) => position),
      'bigint',
    ),
    ...fields.map((_, place) => values.many(changes.map((change) => change.fields[place] ?? ''))),
  ]
  const assigned = ['state', 'position', ...fields].map(
    (column) => `${column} = excluded.${column}`,
  )
  // in one order, so that two who write the same documents do not wait for each other
  // a page that was sent again may come through a second time, when later ones have
  return `insert into ${table} as kept (${columns.join(', ')})
    select d.*
    from unnest(${lists.join(', ')}) d(${columns.join(', ')})
    order by d.tenant collate "C", d.key collate "C"
    on conflict (tenant, key) do update set ${assigned.join(', ')} where kept.position <= excluded.position`
}

function nameOf({ tenant, key }: DocumentKey): string {
  return `${tenant}\0${key}`
}
