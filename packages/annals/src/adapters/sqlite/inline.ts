import type { Inline, ProcessorName } from '../../store/ledger.ts'
import type { Position, StoredEvent } from '../../store/store.ts'
import type { Connection } from './connection.ts'
import { readDocument, writeDocument } from './documents.ts'
import { doOwn } from './own-work.ts'

const inlineModels = `
  select name, version
  from annals_processors
  where mode = 'inline'`

const setMode = `
  update annals_processors
  set mode = ?
  where name = ? and version = ?`

const setSlice = `
  update annals_slices
  set position = ?, owner = null, expires = 0
  where name = ? and version = ?`

/** What an append was recorded as, and what it does to read models. */
export interface Recorded {
  readonly inline: Inline | undefined
  readonly events: readonly StoredEvent[]
  /** The last position before it. */
  readonly before: Position
}

/** The models that every append is to keep. */
export function inlineOf(connection: Connection): readonly ProcessorName[] {
  const rows = connection.rows<[string, string]>(inlineModels)
  return rows.map(([name, version]) => ({ name, version }))
}

/**
 * Keeps the models that are inline by an append that was recorded in the open transaction; gives those that are inline
 * still. One that this process does not keep follows from here on.
 */
export function keepInline(
  connection: Connection,
  models: readonly ProcessorName[],
  { inline, events, before }: Recorded,
): readonly ProcessorName[] {
  const mine = inline?.models ?? []
  const isMine = (model: ProcessorName) => mine.some((one) => isSame(one, model))
  const kept = models.filter(isMine)
  for (const model of models) if (!isMine(model)) follow(connection, model, before)
  const places = mine.flatMap((one, place) =>
    kept.some((model) => isSame(one, model)) ? [place] : [],
  )
  if (inline && places.length > 0) change(connection, inline, { events, kept: new Set(places) })
  return kept
}

/** Makes a processor inline that has seen everything up to a position. */
export function turn(connection: Connection, model: ProcessorName, position: Position): void {
  set(connection, model, { mode: 'inline', position })
}

function follow(connection: Connection, model: ProcessorName, position: Position): void {
  set(connection, model, { mode: 'following', position })
}

function set(
  connection: Connection,
  { name, version }: ProcessorName,
  { mode, position }: { readonly mode: string; readonly position: Position },
): void {
  connection.run(setMode, mode, name, version)
  connection.run(setSlice, position, name, version)
}

function change(
  connection: Connection,
  inline: Inline,
  { events, kept }: { readonly events: readonly StoredEvent[]; readonly kept: ReadonlySet<number> },
): void {
  const modelAt = (place: number) => (kept.has(place) ? inline.models[place] : undefined)
  const changes = inline.change(events, kept, ({ model: place, ...key }) => {
    const model = modelAt(place)
    return model && readDocument(connection, model, key)
  })
  for (const { model: place, ...document } of changes) {
    const model = modelAt(place)
    if (model) writeDocument(connection, model, document)
  }
  for (const { model: place, run } of inline.own) {
    const model = modelAt(place)
    if (model) doOwn(connection, { model, run: (own) => run(events, own) })
  }
}

function isSame(one: ProcessorName, other: ProcessorName): boolean {
  return one.name === other.name && one.version === other.version
}
