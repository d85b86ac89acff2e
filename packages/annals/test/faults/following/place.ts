import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgres } from '../../../src/adapters/postgres/index.ts'
import { sqlite } from '../../../src/adapters/sqlite/index.ts'
import type { EventStore } from '../../../src/store/store.ts'
import { newSchema } from '../../postgres-place.ts'
import { connected } from '../postgres/place.ts'

/** Where a store keeps its events, and handlers what they do outside. */
export type Place = SqlitePlace | PostgresPlace

/** A file in a folder. */
export interface SqlitePlace {
  readonly kind: 'SQLite'
  readonly folder: string
}

/** A schema of a database, and a folder. */
export interface PostgresPlace {
  readonly kind: 'PostgreSQL'
  readonly folder: string
  readonly url: string
  readonly schema: string
}

/** The stores that are put to the test. */
export const kinds = ['SQLite', 'PostgreSQL'] as const satisfies readonly Place['kind'][]

/** How a store is opened. */
export interface StoreSettings {
  /** By how many milliseconds its clock is ahead: what others hold has expired for it. */
  readonly ahead?: number
  /** A URL whose connection is kept to hear of appends. */
  readonly listen?: string
  /** Another URL of the same database; the texts of all statements are sent to it. */
  readonly through?: string
}

/** An empty place; one of PostgreSQL is in a database. */
export function newPlace(kind: Place['kind'], url: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'annals-following-'))
  return kind === 'SQLite' ? { kind, folder } : { kind, folder, url, schema: newSchema() }
}

/** The database file of a place. */
export function fileOf({ folder }: SqlitePlace): string {
  return join(folder, 'events.db')
}

/** A store at a place. */
export function storeAt(place: Place, { ahead, listen, through }: StoreSettings = {}): EventStore {
  const clocked = ahead !== undefined && { clock: () => new Date(Date.now() + ahead) }
  // nobody here appends in transactions of their own
  const store: unknown =
    place.kind === 'SQLite'
      ? sqlite(fileOf(place), { ...clocked })
      : postgres(through ?? place.url, {
          schema: place.schema,
          prepare: through === undefined,
          ...clocked,
          ...(listen && { listen }),
        })
  return store as EventStore
}

/** Leaves nothing of a place. */
export async function remove(place: Place): Promise<void> {
  rmSync(place.folder, { recursive: true, force: true })
  if (place.kind === 'SQLite') return
  await using client = await connected(place.url)
  await client.query(`drop schema if exists "${place.schema}" cascade`)
}
