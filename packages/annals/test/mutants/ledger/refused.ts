import { setImmediate } from 'node:timers/promises'
import type { Inline } from '../../../src/store/ledger.ts'
import type { Append, Draft, StoredEvent } from '../../../src/store/store.ts'
import { breaking, type Mutants } from '../proving.ts'
import { beside } from './beside.ts'
import { inlining } from './ways.ts'

/** What is wrong with appends whose change fails, or that are refused: a store that … */
export const refused: Mutants = {
  'appends though a change fails': breaking(
    [
      'an append whose change fails is refused with its error, and leaves nothing',
      'a change that fails refuses its own append only',
    ],
    inlining((inline) => ({
      ...inline,
      change: (events, kept, before) => {
        try {
          return inline.change(events, kept, before)
        } catch {
          return []
        }
      },
    })),
  ),
  'appends before it asks whether a change fails': breaking(
    [
      'an append whose change fails is refused with its error, and leaves nothing',
      'a change that fails refuses its own append only',
    ],
    (store) => ({
      async append(append, options) {
        const { inline } = append
        let failure: unknown
        const change: Inline['change'] = (events, kept, before) => {
          try {
            return inline?.change(events, kept, before) ?? []
          } catch (error) {
            failure = error
            return []
          }
        }
        const appended = await store.append(
          { ...append, ...(inline && { inline: { ...inline, change } }) },
          options,
        )
        if (failure) throw failure as Error
        return appended
      },
    }),
  ),
  'remembers the keys of an append whose change fails': breaking(
    ['an append whose change fails is refused with its error, and leaves nothing'],
    (store) => ({
      async append(append, options) {
        try {
          return await store.append(append, options)
        } catch (error) {
          const { tenant, once = [] } = append
          if (once.length > 0) await store.append({ tenant, drafts: [], once })
          throw error
        }
      },
    }),
  ),
  'tells another error than that of a change': breaking(
    [
      'an append whose change fails is refused with its error, and leaves nothing',
      'a change that fails refuses its own append only',
    ],
    (store) => ({
      append: (append, options) =>
        store.append(append, options).catch((cause: unknown) => {
          throw cause instanceof Error && 'code' in cause ? cause : new Error('no', { cause })
        }),
    }),
  ),
  'refuses the appends that come together with one that fails': breaking(
    [
      'an append whose change fails is refused with its error, and leaves nothing',
      'a change that fails refuses its own append only',
      'an append that loses a race changes no document',
    ],
    (store) => {
      let failed: unknown
      return {
        async append(append, options) {
          if (failed) throw failed as Error
          try {
            return await store.append(append, options)
          } catch (error) {
            failed = error
            void setImmediate().then(() => (failed = undefined))
            throw error
          }
        },
      }
    },
  ),
  'changes documents by an append that is refused': breaking(
    [
      'an append that is refused changes no document',
      'an append that loses a race changes no document',
    ],
    (store) => ({
      async append(append, options) {
        try {
          return await store.append(append, options)
        } catch (error) {
          const { inline } = append
          const events = append.drafts.map((draft, index) => asStored(append, draft, index))
          if (inline)
            await beside(store, inline, (kept, before) => inline.change(events, kept, before))
          throw error
        }
      },
    }),
  ),
}

function asStored({ tenant }: Append, draft: Draft, index: number): StoredEvent {
  return { ...draft, tenant, position: index + 1, version: index + 1, at: new Date(0) }
}
