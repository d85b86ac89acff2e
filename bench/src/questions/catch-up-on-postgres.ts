import { postgres } from 'annals/postgres'
import {
  fill,
  indexedViewFrom,
  subscriptionFrom,
  viewFrom,
  type Newcomer,
} from '../annals-catch-up.ts'
import { catchingUp, type CatchUp } from '../catch-up.ts'
import { dcbHandlerFrom, dcbSubscriptionFrom } from '../dcb-handlers.ts'
import { dcbJournal } from '../dcb-es.ts'
import { emmettPackages, projectorFrom, reactorFrom, type Packages } from '../emmett-consumers.ts'
import { emmettJournal } from '../emmett-postgres.ts'
import { evtstorePackages, handlerFrom } from '../evtstore-handler.ts'
import { evtstoreJournal } from '../evtstore.ts'
import type { JournalKind } from '../journal.ts'
import { inPlace, type Place, type Where } from '../postgres-server.ts'
import type { Contender, Question } from '../question.ts'
import type { CatchUpScale, Scale } from '../scale.ts'

const eachStream = 10

/** How fast somebody new comes to the end of the log. */
export function catchUpOnPostgres({ catchUp }: Scale): readonly Question[] {
  return [subscriptions(catchUp), views(catchUp)]
}

const common = { unit: 'events/s', onServer: true, baseline: 'Emmett' } as const

function subscriptions(scale: CatchUpScale): Question {
  const few = { events: scale.fewer, each: eachStream }
  return {
    ...common,
    title: `Catch up on PostgreSQL, ${inWords(scale.events)} events`,
    about:
      `A new subscription handles all ${inWords(scale.events)} events, of ${inWords(scale.streams)} streams, from its ` +
      'registration to its last checkpoint; its handler counts. Annals has its defaults: zod checks each event, a ' +
      `durable checkpoint is written with each page, of at most 1,000. ${ofPeers(scale)} Emmett runs a reactor, evtstore a ` +
      'handler, dcb-es `runHandler`; nobody of them checks a schema. A row of its own has a subscription of dcb-es to ' +
      `all ${inWords(scale.events)} events that keeps no bookmark, and so cannot go on where it was.`,
    contenders: [
      onAnnals('Annals', scale, subscriptionFrom),
      emmett(scale, async (packages, part) => reactorFrom(packages, part)),
      onJournal(evtstoreJournal, few, ({ url, schema }, n) =>
        typeof evtstorePackages === 'string'
          ? absent(evtstorePackages)
          : handlerFrom(evtstorePackages, { url, schema }, n),
      ),
      onJournal(dcbJournal, few, (where, n) => dcbHandlerFrom({ ...where, events: few.events }, n)),
      {
        ...onJournal(dcbJournal, { events: scale.events, each: 1_000 }, (where) =>
          dcbSubscriptionFrom({ ...where, events: scale.events }),
        ),
        name: 'dcb-es, no bookmark',
      },
    ],
    targets: [
      { contender: 'Annals', atLeast: 80_000 },
      { contender: 'Annals', against: 'Emmett', atLeast: 15 },
    ],
  }
}

function views(scale: CatchUpScale): Question {
  const { events, streams } = scale
  return {
    ...common,
    title: `Catch up into a view on PostgreSQL, ${inWords(streams)} keys`,
    about:
      `A new background view folds ${inWords(events)} events into ${inWords(streams)} documents, one for each stream, from its ` +
      'registration to its last page. Streams take turns in the log, so that a page of 1,000 events changes as many ' +
      'documents: the most there can be. Documents and the checkpoint are written in one transaction, and zod checks each ' +
      `event. In a row of its own the documents have two indexes beside their key. ${ofPeers(scale)} Emmett projects into Pongo, ` +
      'one document a stream; its table is made before, and not looked for at each event, as Emmett does by itself.',
    contenders: [
      onAnnals('Annals', scale, viewFrom),
      onAnnals('Annals, two indexes', scale, indexedViewFrom),
      emmett(scale, projectorFrom),
    ],
    targets: [{ contender: 'Annals', atLeast: 25_000 }],
  }
}

function inWords(events: number): string {
  return events.toLocaleString('en')
}

function ofPeers({ fewer }: CatchUpScale): string {
  return (
    `The others write a checkpoint after each event, and have ${inWords(fewer)} events, ten a stream: of more they ` +
    'handle as many a second. Emmett has them all in one batch and one transaction, which is its fastest, since it pauses ' +
    'between batches.'
  )
}

type Begin = (store: ReturnType<typeof postgres>, newcomer: Newcomer) => Promise<CatchUp>

function onAnnals(name: string, scale: CatchUpScale, begin: Begin): Contender {
  return {
    name,
    open: () =>
      inPlace(async (place) => {
        const { url, schema, serverCpu } = place
        const store = postgres(url, { schema })
        await fill(store, scale)
        await store.close()
        await place.analyze()
        const { events } = scale
        return catchingUp({
          events,
          begin: (n) => begin(postgres(url, { schema }), { n, events }),
          serverCpu,
        })
      }),
  }
}

function emmett(
  { fewer: events }: CatchUpScale,
  begin: (packages: Packages, part: { url: string; n: number; events: number }) => Promise<CatchUp>,
): Contender {
  return onJournal(emmettJournal, { events, each: eachStream }, ({ url }, n) =>
    typeof emmettPackages === 'string'
      ? absent(emmettPackages)
      : begin(emmettPackages, { url, n, events }),
  )
}

/** A log whose streams come one after the other. */
interface Streams {
  readonly events: number
  readonly each: number
}

function onJournal(
  kind: JournalKind,
  streams: Streams,
  begin: (where: Where, n: number) => Promise<CatchUp>,
): Contender {
  const { name, missing } = kind
  return {
    name,
    ...(missing !== undefined && { missing }),
    open: () =>
      inPlace(async (place) => {
        await appended(kind, place, streams)
        const { serverCpu } = place
        return catchingUp({ events: streams.events, begin: (n) => begin(place, n), serverCpu })
      }),
  }
}

// one after the other: from a log that was written concurrently Emmett reads fewer events than there are
async function appended(
  { open }: JournalKind,
  place: Place,
  { events, each }: Streams,
): Promise<void> {
  const journal = await open(place)
  for (let n = 0; n < events / each; n++) await journal.append(`account-${n}`, 0, each)
  await journal.close()
  await place.analyze()
}

function absent(why: string): Promise<never> {
  return Promise.reject(new Error(why))
}
