import { join } from 'node:path'
import type { EventStore } from 'annals'
import { sqlite } from 'annals/sqlite'
import { fill, subscriptionFrom, viewFrom, type Newcomer } from '../annals-catch-up.ts'
import { catchingUp, type CatchUp } from '../catch-up.ts'
import { moneyDeposited } from '../emmett-account.ts'
import { emmettSqlite, type EmmettStore } from '../emmett-sqlite.ts'
import type { Contender, Question } from '../question.ts'
import type { CatchUpScale, Scale } from '../scale.ts'

const eachStream = 10

/** How fast somebody new comes to the end of a log in a file. */
export function catchUpOnSqlite({ catchUp: scale }: Scale): readonly Question[] {
  const [, emmettKept] = emmettSqlite((store) => reacting(store, scale.fewer))
  const [events, streams, fewer] = [scale.events, scale.streams, scale.fewer].map((count) =>
    count.toLocaleString('en'),
  )
  return [
    {
      title: `Catch up on SQLite, ${events} events`,
      about:
        `A new subscription handles all ${events} events, of ${streams} streams, with a durable checkpoint for each page of at most ` +
        '1,000; its handler counts, and zod checks each event. A view folds them into a document for each stream; streams ' +
        `take turns in the log, so that each page changes as many documents as it has events. Emmett has ${fewer} events, ` +
        'all in one batch and one transaction, with a checkpoint written for each; it checks nothing.',
      unit: 'events/s',
      baseline: emmettKept.name,
      contenders: [
        onAnnals('Annals', scale, subscriptionFrom),
        onAnnals('Annals, a view', scale, viewFrom),
        emmettKept,
      ],
    },
  ]
}

type Begin = (store: EventStore, newcomer: Newcomer) => Promise<CatchUp>

function onAnnals(name: string, scale: CatchUpScale, begin: Begin): Contender {
  return {
    name,
    open: async (folder) => {
      const file = join(folder, 'annals.db')
      const store = sqlite(file)
      await fill(store, scale)
      await store.close()
      const { events } = scale
      return catchingUp({ events, begin: (n) => begin(sqlite(file), { n, events }) })
    },
  }
}

async function reacting(
  store: EmmettStore,
  events: number,
): Promise<Pick<ReturnType<typeof catchingUp>, 'work'>> {
  const deposits = Array.from({ length: eachStream }, () => moneyDeposited)
  for (let n = 0; n < events / eachStream; n++)
    await store.appendToStream(`account-${n}`, deposits, { expectedStreamVersion: 0n })
  return catchingUp({ events, begin: async (n) => processorFrom(store, n, events) })
}

function processorFrom(store: EmmettStore, n: number, events: number): CatchUp {
  const consumer = store.consumer({ pulling: { batchSize: events, pullingFrequencyInMs: 0 } })
  let handled = 0
  consumer.processor({
    processorId: `counting-${n}`,
    eachMessage: () => {
      handled++
    },
    stopAfter: () => handled === events,
  })
  return {
    run: async () => {
      await consumer.start()
      return handled
    },
    close: async () => undefined, // it would close the store's connection
  }
}
