import { annals, memory } from 'annals'
import { getInMemoryEventStore } from '@event-driven-io/emmett'
import { Account, accountOf, deposit, fewEvents } from '../account.ts'
import { decide, handle } from '../emmett-account.ts'
import type { Contender, Question } from '../question.ts'

/** The command cycle where storing costs nothing: what the library itself takes. */
export const commandOnMemory: readonly Question[] = [
  {
    title: 'Command on memory, streams of a few events',
    about: about(`Streams have 0 to ${fewEvents - 1} events when a command loads them.`),
    ...contest(fewEvents),
  },
  {
    title: 'Command on memory, new streams',
    about: about('Every command goes to a stream of its own.'),
    ...contest(1),
  },
]

function about(streams: string): string {
  return (
    `Load, fold, decide, append one event. ${streams} Annals checks the command, the event, and what it ` +
    'loads with zod, and records the command; Emmett (`CommandHandler`) checks nothing. Each round has a ' +
    'new store; Emmett counts all streams on each append, so it slows down as a round goes on. Its second ' +
    'row gets a new store every 1,000 commands, which hides that.'
  )
}

function contest(eventsEach: number): Omit<Question, 'title' | 'about'> {
  return {
    unit: 'commands/s',
    baseline: 'Emmett',
    contenders: [
      annalsApp(eventsEach),
      emmett('Emmett', eventsEach, Infinity),
      emmett('Emmett, never over 1,000 events', eventsEach, 1_000),
    ],
    targets: [{ contender: 'Annals', against: 'Emmett', atLeast: 4 }],
  }
}

function annalsApp(eventsEach: number): Contender {
  return {
    name: 'Annals',
    open: async () => {
      const app = annals({ store: memory(), aggregates: [Account] })
      let n = 0
      return {
        step: () => app.open(Account, accountOf(n++, eventsEach)).deposit(deposit),
        close: () => app.close(),
      }
    },
  }
}

function emmett(name: string, eventsEach: number, mostEvents: number): Contender {
  return {
    name,
    open: async () => {
      let store = getInMemoryEventStore()
      let n = 0
      return {
        step: () => {
          if (n > 0 && n % mostEvents === 0) store = getInMemoryEventStore()
          return handle(store, accountOf(n++, eventsEach), decide)
        },
        close: () => {},
      }
    },
  }
}
