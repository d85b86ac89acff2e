import { once } from 'node:events'
import { annals, view } from 'annals'
import { postgres } from 'annals/postgres'
import { AccountState, deposit } from './account.ts'
import { newDraft } from './annals-postgres.ts'
import type { GrowingLogKind } from './growing-log.ts'

const ByCurrency = view('balances-by-currency', AccountState, { by: ({ data }) => data.currency })

/** A background view that the process keeps which reads it, and not the one that appends. */
export const viewOfReader = viewKeptBy('reader')

/** A background view that the appending process keeps, and another one reads. */
export const viewOfWriter = viewKeptBy('writer')

function viewKeptBy(keeper: 'reader' | 'writer'): GrowingLogKind {
  return {
    name: keeper === 'reader' ? 'Annals' : 'Annals, kept by the writer',
    told: true,
    open: async ({ url, schema }) => {
      const store = postgres(url, { schema })
      const app = annals({ store, background: [ByCurrency] })
      await store.settled() // opened, with its tables
      let n = 0
      return {
        append: async () => {
          if (keeper === 'writer') await app.start()
          const drafts = [newDraft(`account-${process.pid}-${n++}`)]
          return (await store.append({ tenant: '', drafts })).position
        },
        follow: async (_, signal) => {
          if (keeper === 'reader') await app.start()
          if (!signal.aborted) await once(signal, 'abort')
        },
        shown: async (after) => {
          const { currency } = deposit
          const balance = await app.find(ByCurrency, currency, { after, timeout: '1m' })
          if (!balance) throw new Error(`no deposit in ${currency} is shown`)
        },
        close: () => app.close(),
      }
    },
  }
}
