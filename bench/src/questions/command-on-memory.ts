import { annals, memory } from 'annals'
import { getInMemoryEventStore } from '@event-driven-io/emmett'
import { Account, accountOf, deposit, fewEvents } from '../account.ts'
import { draft } from '../drafts.ts'
import { decide, handle, moneyDeposited } from '../emmett-account.ts'
import type { Contender, Question } from '../question.ts'

// streams of a store that has been in use for a while
const many = 10_000
const inWords = many.toLocaleString('en')

const target = { contender: 'Annals', against: 'Emmett', atLeast: 4 }

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
  {
    title: `Command on memory, new streams after ${inWords}`,
    about: about(
      `Every command goes to a stream of its own, in a store that has ${inWords} streams already.`,
    ),
    unit: 'commands/s',
    baseline: 'Emmett',
    contenders: [annalsApp(1, many), emmett('Emmett', { eventsEach: 1, before: many })],
    targets: [target],
  },
]

function about(streams: string): string {
  return (
    `Load, fold, decide, append one event. ${streams} Annals checks the command, the event, and what it ` +
    'loads with zod, and records the command; Emmett (`CommandHandler`) checks nothing. Each round has a ' +
    'new store; Emmett counts all streams on each append, so it slows down as a store grows. A row of its ' +
    'own gets a new store every 1,000 commands, which hides that.'
  )
}

function contest(eventsEach: number): Omit<Question, 'title' | 'about'> {
  return {
    unit: 'commands/s',
    baseline: 'Emmett',
    contenders: [
      annalsApp(eventsEach),
      emmett('Emmett', { eventsEach }),
      emmett('Emmett, never over 1,000 events', { eventsEach, most: 1_000 }),
    ],
    targets: [target],
  }
}

function annalsApp(eventsEach: number, before = 0): Contender {
  return {
    name: 'Annals',
    open: async () => {
      const store = memory()
      for (let n = 0; n < before; n++)
        await store.append({ tenant: '', drafts: [draft(`before-${n}`)] })
      const app = annals({ store, aggregates: [Account] })
      let n = 0
      return {
        step: () => app.open(Account, accountOf(n++, eventsEach)).deposit(deposit),
        close: () => app.close(),
      }
    },
  }
}

/** `most` events are in its store, then it gets a new one; `before` streams are in it from the start. */
function emmett(
  name: string,
  {
    eventsEach,
    most = Infinity,
    before = 0,
  }: { eventsEach: number; most?: number; before?: number },
): Contender {
  return {
    name,
    open: async () => {
      let store = getInMemoryEventStore()
      for (let n = 0; n < before; n++) await store.appendToStream(`before-${n}`, [moneyDeposited])
      let n = 0
      return {
        step: () => {
          if (n > 0 && n % most === 0) store = getInMemoryEventStore()
          return handle(store, accountOf(n++, eventsEach), decide)
        },
        close: () => {},
      }
    },
  }
}
