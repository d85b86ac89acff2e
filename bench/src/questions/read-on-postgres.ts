import { setTimeout as delay } from 'node:timers/promises'
import { annalsJournal } from '../annals-postgres.ts'
import { bareReads } from '../bare-postgres.ts'
import { dcbJournal } from '../dcb-es.ts'
import { emmettJournal } from '../emmett-postgres.ts'
import { evtstoreJournal } from '../evtstore.ts'
import { onJournal, type Journal, type JournalKind } from '../journal.ts'
import { orgopsJournal } from '../orgops.ts'
import type { Contender, Question } from '../question.ts'
import type { Scale } from '../scale.ts'

const length = 1_000
const peers = [emmettJournal, evtstoreJournal, orgopsJournal, dcbJournal]
const anyPeer = peers.map(({ name }) => name)
const everybody = [annalsJournal, bareReads, ...peers]

/** Reading back what PostgreSQL keeps. */
export function readOnPostgres({ log }: Scale): readonly Question[] {
  return [loads, wholeLog(log)]
}

const common = {
  unit: 'events/s',
  eventsPerOperation: length,
  latency: true,
  onServer: true,
  baseline: 'Emmett',
} as const

const loads: Question = {
  ...common,
  title: `Load ${length.toLocaleString('en')} events on PostgreSQL`,
  about:
    'Reads and folds a stream of 1,000 events, one caller. Annals parses each with zod and gives its fold whole ' +
    'events; the bare read takes the rows as arrays by one prepared statement, parses data and metadata with ' +
    '`JSON.parse`, and adds up. The peers check nothing: Emmett has `aggregateStream`, evtstore `getAggregate`; ' +
    'orgops is asked for a scope, and dcb-es for a tag.',
  contenders: everybody.map(loading),
  targets: [
    { contender: 'Annals', against: 'Emmett', atLeast: 2.5 },
    { contender: 'Annals', against: anyPeer, atLeast: 0.9 },
  ],
}

function wholeLog(log: number): Question {
  const events = log.toLocaleString('en')
  return {
    ...common,
    title: `Read the log on PostgreSQL, ${events} events`,
    about:
      `Reads all ${events} events in their order, again and again, in pages of 1,000; data and metadata are parsed by ` +
      '`JSON.parse`. The bare read is `where position > $1 order by position limit 1000` with the next page on its way ' +
      'while one is parsed. Emmett reads as its consumers do, but by pages of 1,000 and without their pauses; evtstore ' +
      'has `getEventsFrom`; orgops reads by its cursor, and dcb-es by one of the server.',
    contenders: everybody.map((kind) => paging(kind, log)),
    targets: [
      { contender: 'Annals', against: anyPeer, atLeast: 1.2 },
      { contender: 'Annals', against: 'bare read', atLeast: 0.85 },
    ],
  }
}

function loading(kind: JournalKind): Contender {
  return onJournal(kind, async (journal) => {
    for (const other of ['before', 'account', 'after']) await journal.append(other, 0, length)
    return {
      step: async () => {
        const found = await journal.load?.('account')
        // who folds fewer events would be the fastest
        if (found !== length) throw new Error(`folded ${found} events, not ${length}`)
      },
    }
  })
}

/** A step is a page; after the last one it begins anew. */
function paging(kind: JournalKind, log: number): Contender {
  return onJournal(kind, async (journal) => {
    // one after the other: from a log that was written concurrently Emmett reads fewer events than there are
    for (let n = 0; n < log / length; n++) await journal.append(`account-${n}`, 0, length)
    await shown(journal, log)
    const pages = endless(journal, log)
    return {
      step: async () => {
        const { value } = await pages.next()
        if (value !== length) throw new Error(`read ${String(value)} events, not ${length}`)
      },
      // some hold a transaction while they read
      stop: () => pages.return(),
    }
  })
}

// in milliseconds
const longestWait = 60_000

/** Waits until a reader sees all: some hide what is newer than the oldest transaction open anywhere on the server. */
async function shown(journal: Journal, log: number): Promise<void> {
  const begun = performance.now()
  while (performance.now() - begun < longestWait) {
    let read = 0
    for await (const events of journal.pages?.(length) ?? []) read += events
    if (read === log) return
    await delay(100)
  }
}

async function* endless(journal: Journal, log: number): AsyncGenerator<number, void> {
  for (;;) {
    let read = 0
    for await (const events of journal.pages?.(length) ?? []) {
      read += events
      yield events
    }
    if (read !== log) throw new Error(`read ${read} events in all, not ${log}`)
  }
}
