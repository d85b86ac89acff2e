import type {
  Mode,
  Overview,
  ProcessorKind,
  ProcessorName,
  SliceStanding,
  Standing,
  Tending,
} from '../../store/ledger.ts'
import type { Connection } from './connection.ts'
import { renew } from './leases.ts'
import { isDue } from './parked.ts'

type StandingRow = readonly [
  asked: number,
  name: string,
  version: string,
  kind: ProcessorKind,
  mode: Mode,
  live: number,
  paused: number,
  wanted: number,
  runners: number,
  first: number,
  last: number,
  position: number,
  owner: string | null,
  token: number,
  due: number,
]

const known = `
  select name, version
  from annals_processors
  order by name, version`

const standings = `
  select asked.key, s.name, s.version, p.kind, p.mode, p.live, p.paused, p.wanted,
    (select count(*) from annals_runners r where r.name = s.name and r.version = s.version and r.expires > ?),
    s.first, s.last, s.position, iif(s.expires > ?, s.owner, null), s.token,
    exists (
      select 1
      from annals_parked p
      where p.name = s.name and p.version = s.version and p.hash between s.first and s.last
        and p.head = 1 and ${isDue}
    )
  from json_each(?) asked
  join annals_processors p on p.name = asked.value ->> 0 and p.version = asked.value ->> 1
  join annals_slices s on s.name = p.name and s.version = p.version
  order by asked.key, s.first`

const parkedOfOne = `
  select count(*), min(at)
  from annals_parked
  where name = ? and version = ?`

const stuckOfOne = `
  select count(*)
  from (
    select distinct tenant, queue
    from annals_parked
    where name = ? and version = ? and attempts > 0 and next is null and request is null
  )`

const errorOfOne = `
  select error
  from annals_runners
  where name = ? and version = ? and expires > ? and error is not null
  order by expires desc, owner
  limit 1`

const run = `
  insert into annals_runners (name, version, owner, expires, error)
  values (?, ?, ?, ?, ?)
  on conflict (name, version, owner) do update
  set expires = excluded.expires, error = excluded.error`

const forgetSilent = `
  delete from annals_runners
  where expires <= ?`

/** Notes what a process says of itself, in the open transaction, and gives how its processors stand. */
export function tend(
  connection: Connection,
  { owner, term, held, runs }: Tending,
  now: number,
): readonly Standing[] {
  for (const lease of held) renew(connection, lease, now + term)
  connection.run(forgetSilent, now)
  for (const { name, version, error = null } of runs)
    connection.run(run, name, version, owner, now + term, error)
  return standingsOf(connection, runs, now)
}

/** How processors stand, in the order asked; all of them when none is named. */
export function overview(
  connection: Connection,
  processors: readonly ProcessorName[] | undefined,
  now: number,
): readonly Overview[] {
  return standingsOf(connection, processors ?? allOf(connection), now).map((standing) => {
    const { name, version } = standing
    const [parked = 0, oldest = null] =
      connection.row<[number, number | null]>(parkedOfOne, name, version) ?? []
    return {
      ...standing,
      parked,
      stuck: connection.row<[number]>(stuckOfOne, name, version)?.[0] ?? 0,
      oldest: oldest === null ? undefined : new Date(oldest),
      error: connection.row<[string]>(errorOfOne, name, version, now)?.[0],
    }
  })
}

function allOf(connection: Connection): readonly ProcessorName[] {
  const rows = connection.rows<[string, string]>(known)
  return rows.map(([name, version]) => ({ name, version }))
}

function standingsOf(
  connection: Connection,
  processors: readonly ProcessorName[],
  now: number,
): readonly Standing[] {
  const asked = JSON.stringify(processors.map(({ name, version }) => [name, version]))
  const rows = connection.rows<StandingRow>(standings, now, now, now, asked)
  return [...Map.groupBy(rows, ([place]) => place).values()].map(standingOf)
}

function standingOf(rows: readonly StandingRow[]): Standing {
  // a processor has at least one slice, and of one asked for there is at least one row
  const [, name, version, kind, mode, live, paused, wanted, runners] = rows[0] as StandingRow
  const slices = rows.map(sliceOf)
  const said = { live: live === 1, paused: paused === 1 }
  return { name, version, kind, mode, ...said, wanted, runners, slices }
}

function sliceOf(row: StandingRow): SliceStanding {
  const [, , , , , , , , , first, last, position, owner, token, due] = row
  return { first, last, position, owner: owner ?? undefined, token, due: due === 1 }
}
