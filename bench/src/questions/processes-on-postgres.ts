import { withOneLock, withoutLocks } from '../annals-locks.ts'
import { annalsJournal } from '../annals-postgres.ts'
import { crewOf } from '../crew.ts'
import { inPlace, type Place } from '../postgres-server.ts'
import type { Contender, Question } from '../question.ts'

const processes = 4

/** What the locks of an append cost where several programs append. */
export const processesOnPostgres: readonly Question[] = [
  {
    title: `Append on PostgreSQL, new streams, ${processes} processes of 32 callers`,
    about:
      `${processes} processes append one event each to new streams of one store, at the port; rates are those of all ` +
      'together. Beside Annals as it is stands the same with the locks and stamps taken out of its functions, which ' +
      'nobody could use, since followers would miss events, and with one lock of the whole store in their place.',
    unit: 'appends/s',
    callers: 32,
    latency: true,
    onServer: true,
    baseline: 'without locks',
    contenders: [
      contender('Annals', async () => {}),
      contender('without locks', withoutLocks),
      contender('one global lock', withOneLock),
    ],
    targets: [
      { contender: 'Annals', against: 'without locks', atLeast: 0.9 },
      { contender: 'Annals', against: 'one global lock', atLeast: 1.2 },
    ],
  },
]

function contender(name: string, change: (place: Place) => Promise<void>): Contender {
  return {
    name,
    open: () =>
      inPlace(async (place) => {
        const journal = await annalsJournal.open(place)
        await journal.close()
        await change(place)
        const { schema, url } = place
        return crewOf(
          Array.from({ length: processes }, (_, index) => ({
            does: 'append',
            where: { schema, url },
            prefix: `account-${index}`,
          })),
        )
      }),
  }
}
