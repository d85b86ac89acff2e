import type { Document } from '../../../store/documents.ts'
import type { Inline, InlineChange, InlineKey, ProcessorName } from '../../../store/ledger.ts'
import type { StoredEvent } from '../../../store/store.ts'
import type { Connection, Row, Statement } from '../database.ts'
import { upsert } from '../documents/changing.ts'
import { Values } from '../parameters.ts'
import { callers, projecting } from '../projecting/own.ts'
import { viewTable } from '../tables.ts'
import { listOf, type Outcome } from './outcomes.ts'
import type { Sent } from './plan.ts'

/** What was said of a batch: the row that its statement gave, and what is read from it. */
export interface Answered {
  readonly row: Row | undefined
  readonly outcomes: readonly Outcome[]
  /** The documents that were asked for, of each model. */
  readonly documents: ReadonlyMap<number, readonly InlineKey[]>
  readonly schema: string
}

/** An append that was made, with what it does to models. */
interface Made {
  readonly inline: Inline
  readonly events: readonly StoredEvent[]
}

/** The documents that the appends of a batch may change, each once: of each model, by its place. */
export function documentsOf(batch: readonly Sent[]): ReadonlyMap<number, readonly InlineKey[]> {
  const documents = new Map<string, InlineKey>()
  for (const { append } of batch)
    for (const key of append.inline?.documents ?? []) documents.set(nameOf(key), key)
  return Map.groupBy(documents.values(), ({ model }) => model)
}

/**
 * Does what the appends of a batch that were made do to the models that are inline in the store, in their order: each
 * sees the documents as the one before it has left them.
 *
 * @throws Thrown for what a model of the caller's throws.
 */
export async function keep(
  connection: Connection,
  batch: readonly Sent[],
  answered: Answered,
): Promise<void> {
  const { row, schema } = answered
  const kept = new Set(listOf(row?.[4]).map((place) => place - 1))
  if (kept.size === 0) return
  const made = madeOf(batch, answered.outcomes)
  const documents = foundBy(answered)
  const changes = new Map<string, InlineChange>()
  for (const { inline, events } of made) {
    const before = (key: InlineKey) => documents.get(nameOf(key))
    for (const change of await callers(() => inline.change(events, kept, before))) {
      documents.set(nameOf(change), change)
      changes.set(nameOf(change), change)
    }
  }
  const models = made[0]?.inline.models ?? []
  if (changes.size > 0) await connection.rows(writing(schema, models, [...changes.values()]))
  for (const { inline, events } of made)
    for (const { model, run } of inline.own.filter((own) => kept.has(own.model))) {
      const projected = { schema, model: models[model] as ProcessorName } // it is a place in them
      await projecting(connection, projected, (own) => run(events, own))
    }
}

/** The appends that were made, in the order of their positions. */
function madeOf(batch: readonly Sent[], outcomes: readonly Outcome[]): readonly Made[] {
  return batch
    .flatMap(({ append: { inline } }, index): readonly Made[] => {
      const outcome = outcomes[index]
      if (!inline || outcome?.kind !== 'done') return []
      const { events } = outcome.appended
      return events.length > 0 ? [{ inline, events }] : []
    })
    .toSorted((one, other) => firstOf(one) - firstOf(other))
}

function firstOf({ events }: Made): number {
  return events[0]?.position ?? 0
}

function foundBy({ row, documents }: Answered): Map<string, Document> {
  const found = JSON.parse(row?.[5] ?? '[]') as readonly Found[]
  return new Map(
    found.flatMap(([model, read]) =>
      (read ?? []).map(([place, state, position]) => {
        const name = documents.get(model - 1)?.[place - 1] as InlineKey
        const { tenant, key } = name
        return [nameOf(name), { tenant, key, state, position }] as const
      }),
    ),
  )
}

/** What `append_events` found of a model: its place, and each document with the place of its key; both from 1. */
type Found = readonly [
  model: number,
  read: readonly (readonly [place: number, state: string, position: number])[] | null,
]

/** The one statement that writes changed documents, into the table of each view. */
function writing(
  schema: string,
  models: readonly ProcessorName[],
  changes: readonly InlineChange[],
): Statement {
  const values = new Values()
  const byModel = [...Map.groupBy(changes, ({ model }) => model)].toSorted(([a], [b]) => a - b)
  const upserts = byModel.map(([model, changed]) =>
    upsert(values, viewTable(schema, models[model] as ProcessorName), changed),
  )
  const [only] = upserts
  const text =
    only !== undefined && upserts.length === 1
      ? only
      : `with ${upserts.map((each, place) => `written_${place} as (${each})`).join(', ')} select`
  return values.statement(text, true)
}

function nameOf({ model, tenant, key }: InlineKey): string {
  return `${model}\0${tenant}\0${key}`
}
