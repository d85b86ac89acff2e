import type { Document } from '../../../src/store/documents.ts'
import type { InlineKey, ProcessorName } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { omit } from '../ways.ts'
import { ofNobody } from './beside.ts'
import { spoiling } from './ways.ts'

/** What is wrong with which models are inline: a store that … */
export const lettingGo: Mutants = {
  'lets models go by an append that is refused': breaking(
    ['an append that is refused changes no document'],
    (store) => ({
      async append(append, options) {
        try {
          return await store.append(append, options)
        } catch (error) {
          if (!append.inline) await store.append({ tenant: 'nobody', drafts: [ofNobody()] })
          throw error
        }
      },
    }),
  ),
  'lets models go by a key with no event': breaking(
    ['a once key with no event changes no document, and lets no model go'],
    (store) => ({
      async append(append, options) {
        const appended = await store.append(append, options)
        if (append.drafts.length === 0)
          await store.append({ tenant: 'nobody', drafts: [ofNobody()] })
        return appended
      },
    }),
  ),
  'keeps a model inline that an append left out': breaking(
    [
      'an append that knows nothing of a model lets it follow, from just before',
      'processes that know different models leave each of them whole',
    ],
    (store) => ({
      async append(append, options) {
        const all = await store.ledger.overview()
        const { inline } = append
        if (!inline) return store.append(append, options)
        const left = all.filter((one) => !inline.models.some((name) => isSame(one, name)))
        return store.append(
          { ...append, inline: { ...inline, models: [...inline.models, ...left] } },
          options,
        )
      },
    }),
  ),
  'keeps models inline where an append keeps none': breaking(
    [
      'one that is registered while the log begins misses nothing of it',
      'an append that keeps nothing inline lets all models follow',
      'a model that is let go and taken back while stores append misses nothing',
    ],
    (store) => ({
      async append(append, options) {
        const models = await store.ledger.overview()
        const nothing = { models, documents: [], change: () => [], own: [] }
        return store.append({ inline: nothing, ...append }, options)
      },
    }),
  ),
  'lets all models go when an append leaves one out': breaking(
    [
      'an append that knows nothing of a model lets it follow, from just before',
      'processes that know different models leave each of them whole',
    ],
    (store) => ({
      async append(append, options) {
        const all = await store.ledger.overview()
        const inline = all.filter(({ mode }) => mode === 'inline')
        const isLeft = inline.some(
          (one) => !append.inline?.models.some((name) => isSame(one, name)),
        )
        return store.append(isLeft ? omit(append, 'inline') : append, options)
      },
    }),
  ),
  'lets a model go from after the append that left it out': breaking(
    [
      'one that is registered while the log begins misses nothing of it',
      'a model that is let go and taken back while stores append misses nothing',
    ],
    (store) => ({
      async append(append, options) {
        const before = await store.ledger.overview()
        const appended = await store.append(append, options)
        for (const one of await store.ledger.overview()) {
          const isLetGo = before.some((was) => isSame(was, one) && was.mode !== one.mode)
          const [lease] = isLetGo
            ? await store.ledger.claim([{ ...one, first: 0 }], 'a', 1_000)
            : []
          if (lease) await store.ledger.advance([{ lease, position: appended.position }])
          if (lease) await store.ledger.release([lease])
        }
        return appended
      },
    }),
  ),
  'keeps on changing a model that follows': breaking(
    [
      'one that is registered while the log begins misses nothing of it',
      'the change is given the events as they are recorded, and which models are inline',
    ],
    (store) => ({
      async append(append, options) {
        const { inline } = append
        const appended = await store.append(append, options)
        for (const [index, name] of inline?.models.entries() ?? []) {
          const [found] = await store.ledger.overview([name])
          const [lease] =
            found?.mode === 'following'
              ? await store.ledger.claim([{ ...name, first: 0 }], 'a', 1_000)
              : []
          if (!lease || !inline) continue
          const work = {
            model: name,
            keys: [],
            change: (before: (key: InlineKey) => Document | undefined) =>
              inline.change(appended.events, new Set([index]), before),
          }
          await store.ledger.commit({ lease, documents: work, position: lease.position })
          await store.ledger.release([lease])
        }
        return appended
      },
    }),
  ),
  'says that a page of an inline model is done': breaking(
    ['a model that is inline has no lease, and a page of it goes nowhere'],
    spoiling((ledger) => ({
      async commit(page) {
        const [found] = await ledger.overview([page.lease])
        return found?.mode === 'inline' ? { next: [] } : ledger.commit(page)
      },
    })),
  ),
  'leaves the owner of a model that is inline': breaking(
    [
      'a model that is inline has no lease, and a page of it goes nowhere',
      'the rest of the log is handled in the transaction that makes a model inline',
    ],
    spoiling((ledger) => ({
      overview: async (list) =>
        (await ledger.overview(list)).map((one) => ({
          ...one,
          slices: one.slices.map((slice) => ({
            ...slice,
            owner: one.mode === 'inline' ? 'a' : slice.owner,
          })),
        })),
    })),
  ),
}

function isSame(one: ProcessorName, next: ProcessorName): boolean {
  return one.name === next.name && one.version === next.version
}
