import { setImmediate } from 'node:timers/promises'
import { ConflictError } from '../../src/core/errors.ts'
import type { StoredEvent, StreamName } from '../../src/store/store.ts'
import {
  appending,
  drafting,
  guarding,
  querying,
  telling,
  swallowing,
  naming,
  queued,
  omit,
} from './ways.ts'
import type { Mutate } from './ways.ts'

/** What an append does wrong. */
export const appends: Readonly<Record<string, Mutate>> = {
  'ignores guards of streams': guarding((guard) => omit(guard, 'streams')),
  'ignores guards of streams it does not write': appending((append) => ({
    ...append,
    guard: {
      ...append.guard,
      streams: (append.guard?.streams ?? []).filter((guard) =>
        append.drafts.some(
          ({ stream }) => stream.id === guard.id && stream.category === guard.category,
        ),
      ),
    },
  })),
  'takes some for any': guarding((guard) => ({
    ...guard,
    streams: (guard.streams ?? []).filter(({ version }) => version !== 'some'),
  })),
  'takes a version for at most that version': (store) => ({
    async append({ guard, ...append }, options) {
      const streams = []
      for (const one of guard?.streams ?? []) {
        const events = []
        const query = { tenant: append.tenant, filters: [{ category: one.category, id: one.id }] }
        for await (const page of store.read(query)) events.push(...page)
        if (typeof one.version !== 'number' || events.length > one.version) streams.push(one)
      }
      return store.append({ ...append, guard: { ...guard, streams } }, options)
    },
  }),
  'refuses an append while another is on its way': queued(async (work, waiting) => {
    if (waiting > 3) throw new ConflictError('somebody else is here')
    await setImmediate()
    return work()
  }),
  'numbers all events of the log': telling((event) => ({ ...event, version: event.position })),
  'appends one event after another, each on its own': (store) => ({
    async append(append, options) {
      const events: StoredEvent[] = []
      for (const draft of append.drafts) {
        const named = ({ category, id }: StreamName) =>
          category === draft.stream.category && id === draft.stream.id
        const streams = (append.guard?.streams ?? []).filter(named)
        const one = { ...append, drafts: [draft], guard: { ...append.guard, streams } }
        events.push(...(await store.append(one, options)).events)
      }
      return { events, position: events.at(-1)?.position ?? 0 }
    },
  }),
  'writes the events of an append stream by stream': appending((append) => ({
    ...append,
    drafts: append.drafts.toSorted((one, other) => (one.stream.id < other.stream.id ? -1 : 1)),
  })),
  'gives back nothing of an append': (store) => ({
    append: async (append, options) => ({ ...(await store.append(append, options)), events: [] }),
  }),
  'says that a refused append is done': swallowing(
    'ANNALS_CONFLICT',
    'ANNALS_OPTION',
    'ANNALS_TOO_LARGE',
    'ANNALS_ID_REUSED',
    'ANNALS_EPOCH',
    'ANNALS_ONCE_MISMATCH',
  ),
  'takes at most 999 events': appending((append) => ({
    ...append,
    drafts: append.drafts.slice(0, 999),
  })),
  'cuts data at 10,000 characters': drafting((draft) => ({
    ...draft,
    data: draft.data.slice(0, 10_000),
  })),
  'cuts names at 400 characters': naming((name) => name.slice(0, 400)),
  'keeps 100 tags of an event': drafting((draft) => ({ ...draft, tags: draft.tags.slice(0, 100) })),
  'asks at most 1,000 filters and types': querying(({ tenant, filters }) => ({
    tenant,
    filters: filters
      .slice(0, 1_000)
      .map((filter) =>
        filter.types ? { ...filter, types: filter.types.slice(0, 1_000) } : filter,
      ),
  })),
  'adds what is sent again': drafting((draft) => ({ ...draft, id: crypto.randomUUID() })),
  'asks a guard before it looks for the ids': (store) => ({
    async append(append, options) {
      if (append.guard)
        await store.append({
          ...append,
          drafts: append.drafts.map((draft) => ({ ...draft, id: crypto.randomUUID() })),
        })
      return store.append(append, options)
    },
  }),
}
