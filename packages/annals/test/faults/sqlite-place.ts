import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type {
  Append,
  Draft,
  EventStore,
  Query,
  ReadOptions,
  StoredEvent,
} from '../../src/store/store.ts'

/** A folder for each test of a file, gone after it. */
export interface Place {
  readonly folder: string
  /** A database file in the folder, not there yet. */
  readonly path: string
}

/** Gives each test of the file a folder of its own. */
export function place(): Place {
  const here = { folder: '', path: '' }
  beforeEach(() => {
    here.folder = mkdtempSync(join(tmpdir(), 'annals-sqlite-'))
    here.path = join(here.folder, 'events.db')
  })
  afterEach(() => rmSync(here.folder, { recursive: true }))
  return here
}

let drafted = 0

/** An event of stream `file/1`, each with an id of its own. */
export function draft(change: Partial<Draft> = {}): Draft {
  return {
    id: `00000000-0000-7000-8000-${String(++drafted).padStart(12, '0')}`,
    stream: { category: 'file', id: '1' },
    type: 'Written',
    schemaVersion: 1,
    data: '{}',
    metadata: '{}',
    tags: [],
    ...change,
  }
}

/** An append of one event. */
export function append(change: Partial<Draft> = {}): Append {
  return { tenant: '', drafts: [draft(change)] }
}

/** Everything that a read gives, page by page. */
export async function pages(
  store: EventStore,
  query: Query = { tenant: undefined, filters: [{}] },
  options: ReadOptions = {},
): Promise<(readonly StoredEvent[])[]> {
  const read: (readonly StoredEvent[])[] = []
  for await (const page of store.read(query, options)) read.push(page)
  return read
}

/** Everything that is stored. */
export async function everything(store: EventStore): Promise<readonly StoredEvent[]> {
  return (await pages(store)).flat()
}

/** What a promise was rejected with. */
export async function refusal(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}
