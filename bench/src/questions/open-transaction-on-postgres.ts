import pg from 'pg'
import { newDraft } from '../annals-postgres.ts'
import { postgres } from 'annals/postgres'
import { inPlace } from '../postgres-server.ts'
import type { Contender, Question } from '../question.ts'

const held = 'Annals, a transaction open'

/** What a caller does to others who appends in a transaction of its own and does not come to an end. */
export const openTransactionOnPostgres: readonly Question[] = [
  {
    title: 'Append on PostgreSQL beside an open transaction',
    about:
      'One event to a new stream, at the port. Beside one contender stands a transaction that appended to another ' +
      'stream when the question began, and stays open until its end.',
    unit: 'appends/s',
    callers: 32,
    latency: true,
    onServer: true,
    baseline: 'Annals',
    contenders: [appending('Annals', false), appending(held, true)],
    targets: [{ contender: held, against: 'Annals', figure: 'p99', atMost: 1.5 }],
  },
]

function appending(name: string, beside: boolean): Contender {
  return {
    name,
    open: () =>
      inPlace(async ({ url, schema }) => {
        const store = postgres(url, { schema })
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        await store.settled() // opened, with its tables
        await client.query('begin')
        if (beside) await store.append({ tenant: '', drafts: [newDraft('held')] }, { tx: client })
        let n = 0
        return {
          step: () => store.append({ tenant: '', drafts: [newDraft(`account-${n++}`)] }),
          close: async () => {
            await client.query('commit')
            await client.end()
            await store.close()
          },
        }
      }),
  }
}
