import { join } from 'node:path'
import { annals } from 'annals'
import { sqlite } from 'annals/sqlite'
import { Account, accountOf, deposit, fewEvents } from '../account.ts'
import { decide, handle } from '../emmett-account.ts'
import { emmettSqlite } from '../emmett-sqlite.ts'
import type { Contender, Question } from '../question.ts'

/** The command cycle as a program on one machine has it. */
export const commandOnSqlite: readonly Question[] = [
  {
    title: 'Command on SQLite, streams of a few events',
    about: about(`Streams have 0 to ${fewEvents - 1} events when a command loads them.`),
    ...contest(fewEvents),
  },
  {
    title: 'Command on SQLite, new streams',
    about: about('Every command goes to a stream of its own.'),
    ...contest(1),
  },
]

function about(streams: string): string {
  return (
    `Load, fold, decide, append one event, flushed to the disk; one caller. ${streams} Annals checks the ` +
    'command, the event, and what it loads with zod; Emmett (`CommandHandler`) checks nothing.'
  )
}

function contest(eventsEach: number): Omit<Question, 'title' | 'about'> {
  return {
    unit: 'commands/s',
    baseline: 'Emmett SQLite, connection kept',
    contenders: [
      annalsApp(eventsEach),
      ...emmettSqlite(async (store) => {
        let n = 0
        return { step: () => handle(store, accountOf(n++, eventsEach), decide) }
      }),
    ],
  }
}

function annalsApp(eventsEach: number): Contender {
  return {
    name: 'Annals',
    open: async (folder) => {
      const app = annals({ store: sqlite(join(folder, 'annals.db')), aggregates: [Account] })
      let n = 0
      return {
        step: () => app.open(Account, accountOf(n++, eventsEach)).deposit(deposit),
        close: () => app.close(),
      }
    },
  }
}
