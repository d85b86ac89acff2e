import { setImmediate } from 'node:timers/promises'
import { ConflictError } from '../../src/core/errors.ts'
import { appending, guarding, remembering, onKeys, omit } from './ways.ts'
import type { Mutate } from './ways.ts'

/** What is asked wrong of decisions and of keys. */
export const decisions: Readonly<Record<string, Mutate>> = {
  'ignores decisions': guarding((guard) => omit(guard, 'decision')),
  'stops a decision at anything': guarding((guard) =>
    guard.decision ? { ...guard, decision: { ...guard.decision, filters: [{}] } } : guard,
  ),
  'asks one filter of a decision': guarding((guard) =>
    guard.decision
      ? { ...guard, decision: { ...guard.decision, filters: guard.decision.filters.slice(0, 1) } }
      : guard,
  ),
  'asks a decision before the append, not with it': (store) => ({
    async append({ guard, ...append }, options) {
      const { decision } = guard ?? {}
      const query = { tenant: append.tenant, filters: decision?.filters ?? [] }
      for await (const page of store.read(query, { after: decision?.after.position ?? 0 }))
        if (!page.every(({ position }) => decision?.after.seen.includes(position)))
          throw new ConflictError('an event came')
      await setImmediate()
      return store.append({ ...append, guard: { streams: guard?.streams ?? [] } }, options)
    },
  }),
  'forgets what a decision saw': guarding((guard) =>
    guard.decision
      ? { ...guard, decision: { ...guard.decision, after: { ...guard.decision.after, seen: [] } } }
      : guard,
  ),
  'takes what a decision saw for all there was': guarding((guard) => {
    if (!guard.decision) return guard
    const { after } = guard.decision
    const position = Math.max(after.position, ...after.seen)
    return { ...guard, decision: { ...guard.decision, after: { ...after, position } } }
  }),
  'ignores the epoch': (store) => ({
    async append(append, options) {
      const { epoch } = await store.settled()
      const { decision } = append.guard ?? {}
      if (!decision) return store.append(append, options)
      const guard = {
        ...append.guard,
        decision: { ...decision, after: { ...decision.after, epoch } },
      }
      return store.append({ ...append, guard }, options)
    },
  }),
  'has the epoch of every other': (store) => ({
    settled: async () => ({ ...(await store.settled()), epoch: 'one' }),
  }),
  'forgets keys': appending((append) => omit(append, 'once')),
  'remembers keys with events only': (store) => ({
    append: async (append, options) =>
      append.drafts.length > 0
        ? store.append(append, options)
        : { events: [], position: (await store.settled()).position },
  }),
  'remembers the first key only': appending((append) => ({
    ...append,
    once: append.once?.slice(0, 1) ?? [],
  })),
  'remembers keys for ever': remembering('3650d'),
  'forgets keys in an hour': remembering('1h'),
  'shares keys between streams': onKeys((once) => ({
    ...once,
    stream: { category: 'c', id: '1' },
  })),
  'knows one key of a stream': onKeys((once) => ({ ...once, key: 'key' })),
  'takes every fingerprint for the same': onKeys((once) => ({ ...once, fingerprint: 'same' })),
  'asks a key before the ids': (store) => ({
    async append(append, options) {
      for (const once of append.once ?? [])
        if (await store.remembered(append.tenant, once)) throw new ConflictError('used')
      return store.append(append, options)
    },
  }),
}
