import { join } from 'node:path'
import { annals, view, type EventStore } from 'annals'
import { rebuild } from 'annals/operations'
import { postgres } from 'annals/postgres'
import { sqlite } from 'annals/sqlite'
import { AccountState } from '../account.ts'
import { fill } from '../annals-catch-up.ts'
import { catchingUp, type CatchUp } from '../catch-up.ts'
import { inPlace } from '../postgres-server.ts'
import type { Contender, Question } from '../question.ts'
import type { CatchUpScale, Scale } from '../scale.ts'

/** How fast a version of a view is built, against the same view when it is live and has as much before it. */
export function rebuilds({ catchUp: scale }: Scale): readonly Question[] {
  const { events } = scale
  const allNew = { ...scale, streams: events }
  return [
    question(onPostgres, scale),
    question(onPostgres, allNew),
    question(onSqlite, scale),
    question(onSqlite, allNew),
  ]
}

interface Kind {
  readonly name: string
  readonly onServer: boolean
  readonly contender: (name: string, scale: CatchUpScale, begin: Begin) => Contender
}

function question({ name, onServer, contender }: Kind, scale: CatchUpScale): Question {
  const [events, streams] = [scale.events, scale.streams].map((count) => count.toLocaleString('en'))
  return {
    title: `Rebuild a view on ${name}, ${streams} documents`,
    about:
      `\`rebuild\` builds a version of a background view of ${events} events, to its last page. Against it the same view that is live ` +
      'and so far behind, as after a stop. Streams take turns in the log, so that a page of 1,000 events changes as many documents.',
    unit: 'events/s',
    onServer,
    baseline: 'Annals, live',
    contenders: [contender('Annals', scale, built), contender('Annals, live', scale, live)],
    targets: [{ contender: 'Annals', against: 'Annals, live', atLeast: 1.5 }],
  }
}

type Begin = (store: EventStore, n: number) => Promise<CatchUp>

const onPostgres: Kind = {
  name: 'PostgreSQL',
  onServer: true,
  contender: (name, scale, begin) => ({
    name,
    open: () =>
      inPlace(async (place) => {
        const { url, schema, serverCpu } = place
        await filled(postgres(url, { schema }), scale)
        await place.analyze()
        const { events } = scale
        return catchingUp({ events, begin: (n) => begin(postgres(url, { schema }), n), serverCpu })
      }),
  }),
}

const onSqlite: Kind = {
  name: 'SQLite',
  onServer: false,
  contender: (name, scale, begin) => ({
    name,
    open: async (folder) => {
      const file = join(folder, 'annals.db')
      await filled(sqlite(file), scale)
      return catchingUp({ events: scale.events, begin: (n) => begin(sqlite(file), n) })
    },
  }),
}

async function filled(store: EventStore, scale: CatchUpScale): Promise<void> {
  await fill(store, scale)
  await store.close()
}

async function built(store: EventStore, n: number): Promise<CatchUp> {
  const { app, balances, handled } = await viewOf(store, n)
  return {
    run: async () => {
      await rebuild(app, balances)
      return handled()
    },
    close: () => app.close(),
  }
}

async function live(store: EventStore, n: number): Promise<CatchUp> {
  const { app, balances, handled } = await viewOf(store, n)
  // as if it had been so for long: an app lets a version go live at the end of the log only
  await store.ledger.goLive(balances, 0)
  return {
    run: async () => {
      await app.start()
      await app.caughtUp({ timeout: '5m' })
      return handled()
    },
    close: () => app.close(),
  }
}

/** A view that nobody had before, registered, with nothing done. */
async function viewOf(store: EventStore, n: number) {
  const balances = view(`balances-${n}`, AccountState)
  const app = annals({ store, background: [balances] })
  const { kind, name, version, slices } = balances
  await store.ledger.register([
    { kind, name, version, slices, from: 0, inline: false, fields: balances.indexes.length },
  ])
  const handled = async () => {
    const found = await app.find(balances, 'account-0')
    return (await app.count(balances)) * (found?.deposits ?? 0)
  }
  return { app, balances, handled }
}
