import type { ProcessorName, Registration } from '../../store/ledger.ts'
import { setupFailed } from '../../store/refusals.ts'
import type { Connection } from './connection.ts'
import { makeDocuments } from './documents.ts'
import { isOfDatabase } from './failures.ts'
import { makeSlices } from './leases.ts'
import { doOwn } from './own-work.ts'
import { lastPosition } from './recording.ts'
import { isThere, projectionTable } from './tables.ts'
import { liveVersion, showTable } from './versions.ts'

const want = `
  update annals_processors
  set wanted = ?
  where name = ? and version = ?`

const insert = `
  insert into annals_processors (name, version, kind, mode, live, wanted)
  values (?, ?, ?, ?, ?, ?)`

const noteTables = `
  update annals_processors
  set tables = ?
  where name = ? and version = ?`

const found = `
  select wanted
  from annals_processors
  where name = ? and version = ?`

/** Whether there is nothing to do for a processor. */
export function isRegistered(
  connection: Connection,
  { name, version, slices }: Registration,
): boolean {
  return connection.row<[number]>(found, name, version)?.[0] === slices
}

/** Makes what is missing of a processor, in the open transaction. */
export function register(connection: Connection, registration: Registration): void {
  const { name, version, kind, slices, from, fields = 0, setup } = registration
  if (connection.run(want, slices, name, version) > 0) return
  const isEmpty = lastPosition(connection) === 0
  const inline = registration.inline && isEmpty
  const live = kind === 'subscription' || (isEmpty && !liveVersion(connection, name))
  const mode = inline ? 'inline' : 'following'
  connection.run(insert, name, version, kind, mode, live ? 1 : 0, slices)
  // one slice is enough for what follows again after it was inline, from one position
  const start = inline ? { count: 1, position: 0 } : { count: slices, position: from }
  makeSlices(connection, registration, { ...start, token: 0 })
  if (kind === 'view') makeDocuments(connection, registration, fields)
  if (setup) setUp(connection, registration, setup)
}

function setUp(
  connection: Connection,
  model: ProcessorName,
  setup: NonNullable<Registration['setup']>,
): void {
  const names = new Set<string>()
  try {
    doOwn(connection, { model, run: setup, named: (name) => void names.add(name) })
  } catch (error) {
    throw isOfDatabase(error, connection.file) ? error : setupFailed(model, error)
  }
  const tables = [...names].filter((name) => isThere(connection, projectionTable(model, name)))
  for (const name of tables) if (!isThere(connection, name)) showTable(connection, name, model)
  connection.run(noteTables, JSON.stringify(tables), model.name, model.version)
}
