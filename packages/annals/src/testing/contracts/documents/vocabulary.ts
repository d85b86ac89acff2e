import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import type {
  Condition,
  Document,
  DocumentChange,
  Field,
  Selection,
} from '../../../store/documents.ts'
import type { ProcessorName } from '../../../store/ledger.ts'
import type { EventStore } from '../../../store/store.ts'
import { commit, take, view } from '../ledger/vocabulary.ts'
import type { Scene } from '../store/scene.ts'
import { same, tenant } from '../store/vocabulary.ts'

/** A view whose documents are found by three fields. */
export const people: ProcessorName = { name: 'people', version: '1' }

/** A document of the tenant with these fields. */
export function person(
  key: string,
  fields: readonly string[] = ['', '', ''],
  change: Partial<DocumentChange> = {},
): DocumentChange {
  return { tenant, key, state: JSON.stringify({ key }), position: 1, fields, ...change }
}

/** Registers the view, or another one, and writes documents of it. */
export async function fill(
  { store }: Scene,
  documents: readonly DocumentChange[],
  model: ProcessorName = people,
): Promise<void> {
  await store.ledger.register([view({ ...model, fields: documents[0]?.fields.length ?? 3 })])
  await write(store, documents, model)
}

/** Writes documents in the place of those that are there. */
export async function write(
  store: EventStore,
  documents: readonly DocumentChange[],
  model: ProcessorName = people,
): Promise<void> {
  const lease = await take(store, 'a', model)
  const work = { model, keys: documents, change: () => documents }
  await commit(store, lease, { documents: work, position: lease.position + 1 })
  await store.ledger.release([lease])
}

/** Any document. */
export const any: Condition = { all: [] }

/** By the key alone. */
export const byKey: Selection['order'] = [{ field: 'key', descending: false }]

/** Selects documents of the tenant. */
export function select(
  store: EventStore,
  change: Partial<Selection> = {},
  model: ProcessorName = people,
): Promise<readonly Document[]> {
  const selection = { tenant, where: any, order: byKey, limit: 10_000, ...change }
  return store.documents.select(model, selection)
}

/** The keys of documents, in their order. */
export function keys(documents: readonly { readonly key: string }[]): string[] {
  return documents.map(({ key }) => key)
}

/** Expects a condition to find the documents that `wanted` says, and to count them. */
export async function finds(
  store: EventStore,
  where: Condition,
  wanted: readonly DocumentChange[],
): Promise<void> {
  const expected = wanted.toSorted((one, next) => compare(one.key, next.key))
  same(keys(await select(store, { where })), keys(expected))
  assert.equal(await store.documents.count(people, { tenant, where }), wanted.length)
}

/** What a document is sorted by. */
export function textOf({ key, fields }: DocumentChange, field: Field): string {
  return field === 'key' ? key : (fields[field] ?? '')
}

/** Compares texts by code points, which is how their bytes sort. */
export function compare(one: string, next: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(next))
}

/** Texts that careless stores compare, sort or escape in another way, in the order of their code points. */
export const texts: readonly string[] = [
  '',
  '\u0001',
  '\t\r\n',
  ' ',
  ' a',
  `"'`,
  '$1 ? :a @b',
  '%',
  `'; drop table documents; --`,
  '*',
  '-1',
  '0',
  '00',
  '1',
  '1.0',
  '10',
  '1e3',
  '2',
  'A',
  'B',
  '[1]',
  '\\',
  '\\x41',
  '_',
  '__proto__',
  'a',
  'a ',
  'a%',
  'aa',
  'a\u0308',
  'b',
  'null',
  'true',
  '{}',
  '\u007f',
  '\u0080',
  'ß',
  '\u00e1',
  '\u00e4',
  'مرحبا',
  '\ud7ff',
  '\ue000',
  '\ue000a',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\u{10000}',
  '\u{1f98a}',
  '\u{1f98a}a',
  '\u{10ffff}',
]
assert.deepEqual(texts, texts.toSorted(compare), 'they are in the order of their code points')
