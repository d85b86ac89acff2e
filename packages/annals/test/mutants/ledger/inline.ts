import { setImmediate } from 'node:timers/promises'
import { UnavailableError } from '../../../src/core/errors.ts'
import type { Document } from '../../../src/store/documents.ts'
import type { Inline } from '../../../src/store/ledger.ts'
import { breaking, type Mutants } from '../proving.ts'
import { appending, omit } from '../ways.ts'
import { beside } from './beside.ts'
import { inlining } from './ways.ts'

/** What is wrong with appends that change documents: a store that … */
export const inlines: Mutants = {
  'changes no document with an append': breaking(
    [
      'documents change in the transaction of the append',
      'a once key with no event changes no document, and lets no model go',
    ],
    inlining((inline) => ({ ...inline, change: () => [] })),
  ),
  'knows nothing of what an append keeps inline': breaking(
    [
      'documents change in the transaction of the append',
      'a once key with no event changes no document, and lets no model go',
    ],
    appending((append) => omit(append, 'inline')),
  ),
  'changes one document of an append': breaking(
    [
      'documents change in the transaction of the append',
      'fifty appends at once to a document that is new lose no change',
    ],
    inlining((inline) => ({
      ...inline,
      change: (events, kept, before) => inline.change(events, kept, before).slice(0, 1),
    })),
  ),
  'keeps no fields of the documents of an append': breaking(
    ['documents change in the transaction of the append'],
    inlining((inline) => ({
      ...inline,
      change: (events, kept, before) =>
        inline.change(events, kept, before).map((change) => ({ ...change, fields: [''] })),
    })),
  ),
  'shows an append no document that is there': breaking(
    [
      'documents change in the transaction of the append',
      'tenants have documents of their own under the same keys',
    ],
    inlining((inline) => ({
      ...inline,
      change: (events, kept) => inline.change(events, kept, () => undefined),
    })),
  ),
  'changes documents after the append, not with it': breaking(
    [
      'an append whose change fails is refused with its error, and leaves nothing',
      'the same append again changes no document twice',
      'a model becomes inline while two stores append, and misses nothing',
    ],
    (store) => ({
      async append(append, options) {
        const { inline } = append
        if (!inline) return store.append(append, options)
        const appended = await store.append(
          { ...append, inline: { ...inline, change: () => [] } },
          options,
        )
        await setImmediate()
        await beside(store, inline, (kept, before) => inline.change(appended.events, kept, before))
        return appended
      },
    }),
  ),
  'tells an append that all its models are inline': breaking(
    ['the change is given the events as they are recorded, and which models are inline'],
    inlining((inline) => ({
      ...inline,
      change: (events, _, before) => inline.change(events, new Set(inline.models.keys()), before),
    })),
  ),
  'tells an append the events as they were sent': breaking(
    ['the change is given the events as they are recorded, and which models are inline'],
    appending(({ inline, ...append }) => ({
      ...append,
      ...(inline && {
        inline: {
          ...inline,
          change: (events, kept, before) =>
            inline.change(
              events.map((event) => ({ ...event, at: new Date(0) })),
              kept,
              before,
            ),
        },
      }),
    })),
  ),
  'tells an append its events one by one': breaking(
    [
      'documents change in the transaction of the append',
      'a once key with no event changes no document, and lets no model go',
    ],
    inlining((inline) => ({
      ...inline,
      change: (events, kept, before) =>
        events.flatMap((event) => inline.change([event], kept, before)),
    })),
  ),
  'keeps the documents of all models together': breaking(
    [
      'each model has documents of its own',
      'an append that keeps nothing inline lets all models follow',
    ],
    inlining((inline) => ({
      ...inline,
      change: (events, kept, before) =>
        inline
          .change(events, kept, (key) => before({ ...key, model: first(kept) }))
          .map((change) => ({ ...change, model: first(kept) })),
    })),
  ),
  'keeps the documents of all tenants together': breaking(
    ['tenants have documents of their own under the same keys'],
    inlining((inline) => ({
      ...inline,
      change: (events, kept, before) =>
        inline
          .change(events, kept, (key) => before({ ...key, tenant: 'acme' }))
          .map((change) => ({ ...change, tenant: 'acme' })),
    })),
  ),
  'changes documents again by what is sent again': breaking(
    ['the same append again changes no document twice'],
    (store) => ({
      async append(append, options) {
        const { inline } = append
        const { position } = await store.settled()
        const appended = await store.append(append, options)
        const isRepeated = appended.position <= position && appended.events.length > 0
        if (isRepeated && inline)
          await beside(store, inline, (kept, before) =>
            inline.change(appended.events, kept, before),
          )
        return appended
      },
    }),
  ),
  'reads the documents of an append before it, not with it': breaking(
    [
      'fifty appends at once to one document lose no change',
      'fifty appends at once to a document that is new lose no change',
      'appends to the same documents in another order wait for each other at most',
    ],
    (store) => ({
      async append(append, options) {
        const { inline } = append
        if (!inline) return store.append(append, options)
        const found = new Map<string, Document | undefined>()
        for (const { model, tenant, key } of inline.documents) {
          const name = inline.models[model]
          if (name)
            found.set(
              `${model} ${tenant} ${key}`,
              await store.documents.find(name, { tenant, key }),
            )
        }
        await setImmediate()
        const change: Inline['change'] = (events, kept) =>
          inline.change(events, kept, ({ model, tenant, key }) =>
            found.get(`${model} ${tenant} ${key}`),
          )
        return store.append({ ...append, inline: { ...inline, change } }, options)
      },
    }),
  ),
  'refuses an append to documents that another is changing': breaking(
    [
      'fifty appends at once to one document lose no change',
      'fifty appends at once to a document that is new lose no change',
    ],
    (store) => {
      const held = new Set<string>()
      return {
        async append(append, options) {
          const keys = append.inline?.documents.map(({ model, key }) => `${model} ${key}`) ?? []
          if (keys.some((key) => held.has(key)))
            throw new UnavailableError('ANNALS_UNAVAILABLE', 'another changes it')
          for (const key of keys) held.add(key)
          await setImmediate()
          try {
            return await store.append(append, options)
          } finally {
            for (const key of keys) held.delete(key)
          }
        },
      }
    },
  ),
}

function first(kept: ReadonlySet<number>): number {
  return Math.min(...kept)
}
