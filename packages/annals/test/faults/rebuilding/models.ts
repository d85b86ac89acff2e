import {
  aggregate,
  annals,
  events,
  fold,
  subscription,
  view,
  type App,
  type Processor,
} from 'annals'
import { projection as onPostgres } from 'annals/postgres'
import { projection as onSqlite } from 'annals/sqlite'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { storeAt, type Place } from '../following/place.ts'

const CountEvents = events({ Counted: z.object({ by: z.number() }) })

const State = fold(CountEvents, {
  initial: { events: 0, sum: 0 },
  Counted: (count, { by }) => ({ events: count.events + 1, sum: count.sum + by }),
})

export const Count = aggregate('count', State, {
  add: (_, by: number) => CountEvents.Counted({ by }),
})

/** A version of the view. */
function countsOf(version: number) {
  return view('counts', State, { version, indexes: ['sum'] })
}

function made(table: string): string {
  return `create table ${table} (id text primary key, total integer not null)`
}

function added(table: string, id: string, by: string): string {
  return `insert into ${table} as t (id, total) values (${id}, ${by})
    on conflict (id) do update set total = t.total + excluded.total`
}

/** A version of the projection, whose mistakes would add up. */
function totalsOf({ kind }: Place, version: number): Processor {
  if (kind === 'PostgreSQL')
    return onPostgres('totals', CountEvents, {
      version,
      setup: (tx, { table }) => tx.query(made(table('totals'))),
      Counted: ({ stream, data }, { tx, table }) =>
        tx.query(added(table('totals'), '$1', '$2'), [stream.id, data.by]),
    }) as unknown as Processor
  return onSqlite('totals', CountEvents, {
    version,
    setup: (tx, { table }) => tx.run(made(table('totals'))),
    Counted: ({ stream, data }, { tx, table }) =>
      tx.run(added(table('totals'), '?', '?'), stream.id, data.by),
  }) as unknown as Processor
}

/** The file that effects are noted in. */
export function effectsOf({ folder }: Place): string {
  return join(folder, 'effects.txt')
}

/** A program of a version: what it keeps, and the effects that it has. */
export function program(
  place: Place,
  version: number,
  list: 'inline' | 'background',
): {
  readonly app: App
  readonly Counts: ReturnType<typeof countsOf>
  readonly kept: readonly Processor[]
} {
  const Sent = subscription('sent', CountEvents, {
    Counted: ({ id }) => appendFileSync(effectsOf(place), `${id}\n`),
  })
  const Counts = countsOf(version)
  const kept = [Counts, totalsOf(place, version)]
  const app = annals({
    store: storeAt(place),
    aggregates: [Count],
    rebuild: { wait: '60s' },
    ...(list === 'inline' ? { inline: kept, background: [Sent] } : { background: [...kept, Sent] }),
  })
  return { app, Counts, kept }
}
