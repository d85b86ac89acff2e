import type { InlineKey, ProcessorName } from '../../../store/ledger.ts'
import type { Append } from '../../../store/store.ts'
import type { Statement, Value } from '../database.ts'
import { numbers, texts } from '../parameters.ts'
import { viewTable } from '../tables.ts'
import {
  changesModels,
  expectedOf,
  hasRules,
  keyOf,
  type Sent,
  type TouchedStream,
} from './plan.ts'

/** What a batch is sent with. */
export interface BatchSettings {
  readonly schema: string
  /** For how many milliseconds to wait for locks; without it an append that does not get them is busy. */
  readonly patience?: number
  /** The time by the store's own clock, in milliseconds; that of the server without one. */
  readonly at?: number
  /** For how many milliseconds a `once` key is remembered. */
  readonly keepOnce: number
  /** The documents that the batch may change, each once: of each model, by its place. */
  readonly documents: ReadonlyMap<number, readonly InlineKey[]>
}

/**
 * The statement that appends a batch, all of whose appends keep the same models inline; `outcomesOf` and `keep` read
 * its one row.
 */
export function statementOf(batch: readonly Sent[], settings: BatchSettings): Statement {
  const [first] = batch
  return first && batch.length === 1 && settings.patience === undefined && isSimple(first)
    ? oneEvent(first, settings)
    : manyEvents(batch, settings)
}

function oneEvent(
  { append, streams, locks, keeps }: Sent,
  { schema, at }: BatchSettings,
): Statement {
  const [stream] = streams as readonly [TouchedStream]
  const [draft] = append.drafts as readonly [Append['drafts'][number]]
  const names = [...locks.keys()]
  // there is one at most: that of the stream, or of the whole store
  const exclusive = names.find((name) => locks.get(name))
  const [shared, ...more] = names.filter((name) => name !== exclusive)
  return {
    text: `select "${schema}".append_event(
      $1::float8, $2::text, $3::text, $4::text::text[], $5::text, $6::text, $7::text, $8::bigint,
      $9::uuid, $10::text, $11::integer, $12::text::json, $13::text::json, $14::text::text[],
      $15::text::text[]) as outcome`,
    values: [
      at === undefined ? null : String(at),
      exclusive ?? null,
      shared ?? null,
      more.length > 0 ? texts(more) : null,
      append.tenant,
      stream.category,
      stream.id,
      String(expectedOf(stream)),
      draft.id,
      draft.type,
      String(draft.schemaVersion),
      draft.data,
      draft.metadata,
      draft.tags.length > 0 ? texts(draft.tags) : null,
      keeps,
    ],
    prepared: true,
  }
}

// append_event takes neither rules nor streams that are only checked, tries its locks, and changes no document
function isSimple(sent: Sent): boolean {
  const { append, streams } = sent
  const single = append.drafts.length === 1 && streams.length === 1
  return single && !hasRules(sent) && !changesModels(sent)
}

function manyEvents(batch: readonly Sent[], settings: BatchSettings): Statement {
  const { schema, patience, at, keepOnce } = settings
  const columns = columnsOf(batch)
  const rules = batch.flatMap((sent, index) => ruleOf(sent, index + 1, keepOnce))
  return {
    text: `select array_to_json(outcomes)::text, starts::text, positions::text, at::text, kept::text,
        array_to_json(documents)::text as documents
      from "${schema}".append_events(
      $1::integer, $2::float8, $3::text::text[], $4::text::integer[],
      $5::text::integer[], $6::text::text[], $7::text::boolean[],
      $8::text::integer[], $9::text::text[], $10::text::text[], $11::text::bigint[],
      $12::text::integer[], $13::text::integer[], $14::text::integer[], $15::text::uuid[], $16::text::text[],
      $17::text::integer[], $18::text::json[], $19::text::json[], $20::text::text[], $21::text::json,
      $22::text::text[], $23::boolean, $24::text::text[], $25::text::text[], $26::text::text[])`,
    values: [
      patience === undefined ? null : String(patience),
      at === undefined ? null : String(at),
      texts(batch.map(({ append }) => append.tenant)),
      ...columns,
      rules.length > 0 ? JSON.stringify(rules) : null,
      ...modelColumns(batch, settings),
    ],
    prepared: true,
  }
}

/** What a batch says of models that are inline, in the order of the parameters. */
function modelColumns(
  [first]: readonly Sent[],
  { schema, documents }: BatchSettings,
): readonly Value[] {
  const said = [first?.keeps ?? null, String(first?.handsOver === true)]
  if (documents.size === 0) return [...said, null, null, null]
  const { models = [] } = first?.append.inline ?? {}
  // of each model, though few of them may have documents here
  const ofEach = (text: (keys: readonly InlineKey[], model: ProcessorName) => string) =>
    texts(
      models.map((model, place) => {
        const keys = documents.get(place)
        return keys ? text(keys, model) : null
      }),
    )
  return [
    ...said,
    ofEach((_, model) => viewTable(schema, model)),
    ofEach((keys) => texts(keys.map(({ tenant }) => tenant))),
    ofEach((keys) => texts(keys.map(({ key }) => key))),
  ]
}

/** The columns of the appends, locks, streams and events of a batch, in the order of the parameters. */
function columnsOf(batch: readonly Sent[]): readonly Value[] {
  const appends = { last: [] as number[] }
  const locks = { append: [] as number[], name: [] as string[], exclusive: [] as number[] }
  const streams = {
    append: [] as number[],
    category: [] as string[],
    id: [] as string[],
    expected: [] as number[],
  }
  const events = { append: [] as number[], stream: [] as number[], place: [] as number[] }
  const drafts: Append['drafts'][number][] = []
  for (const [index, sent] of batch.entries()) {
    const which = index + 1
    for (const [name, exclusive] of sent.locks) {
      locks.append.push(which)
      locks.name.push(name)
      locks.exclusive.push(exclusive ? 1 : 0)
    }
    const places = new Map<string, { readonly stream: number; events: number }>()
    for (const stream of sent.streams) {
      streams.append.push(which)
      streams.category.push(stream.category)
      streams.id.push(stream.id)
      streams.expected.push(expectedOf(stream))
      places.set(stream.key, { stream: streams.append.length, events: 0 })
    }
    for (const draft of sent.append.drafts) {
      // the streams of a plan have that of every draft
      const place = places.get(keyOf(draft.stream)) as { readonly stream: number; events: number }
      events.append.push(which)
      events.stream.push(place.stream)
      events.place.push(++place.events)
      drafts.push(draft)
    }
    appends.last.push(drafts.length)
  }
  return [
    numbers(appends.last),
    numbers(locks.append),
    texts(locks.name),
    numbers(locks.exclusive),
    numbers(streams.append),
    texts(streams.category),
    texts(streams.id),
    numbers(streams.expected),
    numbers(events.append),
    numbers(events.stream),
    numbers(events.place),
    texts(drafts.map(({ id }) => id)),
    texts(drafts.map(({ type }) => type)),
    numbers(drafts.map(({ schemaVersion }) => schemaVersion)),
    texts(drafts.map(({ data }) => data)),
    texts(drafts.map(({ metadata }) => metadata)),
    texts(drafts.map(({ tags }) => (tags.length > 0 ? texts(tags) : null))),
  ]
}

/** What few appends have, as `append_events` takes it. */
function ruleOf(sent: Sent, which: number, keepOnce: number) {
  if (!hasRules(sent)) return []
  const { append, again } = sent
  const { once = [], guard } = append
  return [
    {
      append: which,
      again,
      since: Number.isFinite(keepOnce) ? keepOnce : null,
      once: once.map(({ stream, ...key }, place) => ({ ...stream, ...key, place })),
      ...(guard?.decision && {
        decision: {
          filters: guard.decision.filters,
          epoch: guard.decision.after.epoch,
          after: guard.decision.after.position,
          seen: numbers(guard.decision.after.seen),
        },
      }),
    },
  ]
}
