import type { Lease, Move, ProcessorName, SliceName } from '../../store/ledger.ts'
import { rangesOf } from '../../store/slices.ts'
import type { Position } from '../../store/store.ts'
import type { Connection } from './connection.ts'

const take = `
  update annals_slices
  set owner = ?, token = token + 1, expires = ?
  where name = ? and version = ? and first = ?
    and (owner is null or expires <= ?)
    and exists (
      select 1
      from annals_processors p
      where p.name = annals_slices.name and p.version = annals_slices.version
        and p.mode = 'following' and p.paused = 0
    )
  returning last, token, position`

const ofLease = 'name = ? and version = ? and first = ? and token = ? and owner = ?'

const prolong = `
  update annals_slices
  set expires = ?
  where ${ofLease}`

const giveBack = `
  update annals_slices
  set owner = null, expires = 0
  where ${ofLease}`

const move = `
  update annals_slices
  set position = max(position, ?)
  where ${ofLease}`

const checkpoint = `
  select position
  from annals_slices
  where ${ofLease}`

const slices = `
  select count(*), min(position), max(position), max(token), coalesce(max(iif(owner is null, 0, expires)), 0)
  from annals_slices
  where name = ? and version = ?`

const wanted = `
  select wanted
  from annals_processors
  where name = ? and version = ? and mode = 'following'`

const drop = `
  delete from annals_slices
  where name = ? and version = ?`

const insert = `
  insert into annals_slices (name, version, first, last, position, token)
  values (?, ?, ?, ?, ?, ?)`

/** Where slices begin. */
export interface SliceStart {
  readonly position: Position
  /** Higher than that of any lease before. */
  readonly token: number
}

/** Makes the slices of a processor. */
export function makeSlices(
  connection: Connection,
  { name, version }: ProcessorName,
  { count, position, token }: SliceStart & { readonly count: number },
): void {
  for (const { first, last } of rangesOf(count))
    connection.run(insert, name, version, first, last, position, token)
}

export function claim(
  connection: Connection,
  { name, version, first }: SliceName,
  { owner, now, expires }: { owner: string; now: number; expires: number },
): readonly Lease[] {
  const row = connection.row<[number, number, number]>(
    take,
    owner,
    expires,
    name,
    version,
    first,
    now,
  )
  if (!row) return []
  const [last, token, position] = row
  return [{ name, version, first, last, owner, token, position }]
}

export function renew(connection: Connection, lease: Lease, expires: number): void {
  connection.run(prolong, expires, ...keyOf(lease))
}

export function release(connection: Connection, lease: Lease): void {
  connection.run(giveBack, ...keyOf(lease))
}

/** Moves a checkpoint, never back; false when the lease was lost. */
export function advance(connection: Connection, { lease, position }: Move): boolean {
  return connection.run(move, position, ...keyOf(lease)) > 0
}

/** The checkpoint of a slice; `undefined` when the lease was lost. */
export function checkpointOf(connection: Connection, lease: Lease): Position | undefined {
  return connection.row<[number]>(checkpoint, ...keyOf(lease))?.[0]
}

/** How many slices a processor has. */
export function countSlices(connection: Connection, { name, version }: ProcessorName): number {
  return connection.row<[number]>(slices, name, version)?.[0] ?? 0
}

/** Cuts a processor into as many slices as are wanted, where nobody runs them and they stand at one position. */
export function recut(connection: Connection, processor: ProcessorName, now: number): boolean {
  const { name, version } = processor
  const count = connection.row<[number]>(wanted, name, version)?.[0]
  const found = connection.row<SlicesRow>(slices, name, version)
  if (count === undefined || !found) return false
  const [, lowest, highest, token, expires] = found
  if (lowest !== highest || expires > now) return false
  connection.run(drop, name, version)
  makeSlices(connection, processor, { count, position: lowest, token: token + 1 })
  return true
}

type SlicesRow = [count: number, lowest: number, highest: number, token: number, expires: number]

function keyOf(lease: Lease): [string, string, number, number, string] {
  const { name, version, first, token, owner } = lease
  return [name, version, first, token, owner]
}
