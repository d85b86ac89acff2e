import type { StoredEvent, StreamName } from '../../store/store.ts'

/** What is read of an event. A read of one stream leaves its names out. */
export type EventRow = readonly [
  position: number,
  version: number,
  id: string,
  type: string,
  schemaVersion: number,
  data: string,
  metadata: string,
  tags: string | null,
  at: number,
  tenant?: string,
  category?: string,
  stream?: string,
]

/** A row whose data and metadata are left out where they are long. */
export type ShortEventRow = {
  readonly [Column in keyof EventRow]: Column extends '5' | '6'
    ? EventRow[Column] | null
    : EventRow[Column]
}

/** Whose an event is. */
export interface Owner {
  readonly tenant: string
  readonly stream: StreamName
}

/** The columns of an `EventRow` without names, of the table `e`. */
export const eventColumns: string = columns('e.data', 'e.metadata')

/** The same of a `ShortEventRow`; the parameter, given twice, is how many bytes are not long yet. */
export const shortEventColumns: string = columns(short('e.data'), short('e.metadata'))

/** The columns of the names, which come last. */
export const nameColumns = 'e.tenant, e.category, e.stream_id'

function columns(data: string, metadata: string): string {
  return `e.position, e.version, e.id, e.type, e.schema_version, ${data}, ${metadata}, e.tags, e.at`
}

// octet_length looks at the head of a row only, it does not load a long value
function short(column: string): string {
  return `case when octet_length(${column}) <= ? then ${column} end`
}

/** Whose the event of a row with names is. */
export function ownerOf(row: ShortEventRow): Owner {
  const [, , , , , , , , , tenant = '', category = '', id = ''] = row
  return { tenant, stream: { category, id } }
}

/** The event of a row. */
export function eventOf(row: EventRow, { tenant, stream }: Owner): StoredEvent {
  const [position, version, id, type, schemaVersion, data, metadata, tags, at] = row
  return {
    id,
    stream,
    type,
    schemaVersion,
    data,
    metadata,
    // only an append writes them, as a list of texts
    tags: tags === null ? none : (JSON.parse(tags) as readonly string[]),
    tenant,
    version,
    position,
    at: new Date(at),
  }
}

const none: readonly string[] = []
