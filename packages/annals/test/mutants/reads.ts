import { setImmediate } from 'node:timers/promises'
import { UnavailableError } from '../../src/core/errors.ts'
import type { StoredEvent } from '../../src/store/store.ts'
import { reading, querying, filtering, paging, omit } from './ways.ts'
import type { Mutate } from './ways.ts'

/** What a read does wrong. */
export const reads: Readonly<Record<string, Mutate>> = {
  'reads pages in the other order': paging((page) => page.toReversed()),
  'loses the last event of a page': paging((page) => page.slice(0, -1)),
  'gives an event twice': paging((page) => [...page, ...page.slice(-1)]),
  'loses the second page': paging((page, index) => (index === 1 ? [] : page)),
  'reads pages of any size': (store) => ({
    async *read(query, options) {
      const events: StoredEvent[] = []
      for await (const page of store.read(query, options)) events.push(...page)
      if (events.length > 0) yield events
    },
  }),
  'loses an event now and then': (store) => {
    let turn = 0
    return {
      async *read(query, options) {
        for await (const page of store.read(query, options)) {
          const left = turn++ % 7 ? page : page.slice(1)
          if (left.length > 0) yield left
        }
      },
    }
  },
  'takes any option of a read': reading(() => ({})),
  'ignores after': reading((options) => omit(options, 'after')),
  'ignores until': reading((options) => omit(options, 'until')),
  'ignores limit': reading((options) => omit(options, 'limit')),
  'ignores backwards': reading((options) => omit(options, 'backwards')),
  'ignores versions': reading((options) => omit(options, 'versions')),
  'ignores page': reading((options) => omit(options, 'page')),
  'ignores the signal of a read': reading((options) => omit(options, 'signal')),
  'ignores the signal of an append': (store) => ({ append: (append) => store.append(append) }),
  'filters no category': filtering((filter) => omit(omit(filter, 'category'), 'id')),
  'filters no id': filtering((filter) => omit(filter, 'id')),
  'filters no types': filtering((filter) => omit(filter, 'types')),
  'filters no tags': filtering((filter) => omit(filter, 'tags')),
  'looks for one of several tags': filtering((filter) =>
    filter.tags ? { ...filter, tags: filter.tags.slice(0, 1) } : filter,
  ),
  'looks at one filter': querying(({ tenant, filters }) => ({
    tenant,
    filters: filters.slice(0, 1),
  })),
  'finds everything without filters': querying(({ tenant, filters }) => ({
    tenant,
    filters: filters.length > 0 ? filters : [{}],
  })),
  'refuses appends while a read goes on': (store) => {
    let going = 0
    return {
      async *read(query, options) {
        going++
        try {
          yield* store.read(query, options)
        } finally {
          going--
        }
      },
      async append(append, options) {
        if (going > 0) throw new UnavailableError('ANNALS_UNAVAILABLE', 'a read goes on')
        return store.append(append, options)
      },
    }
  },
  'has one place for all reads': (store) => {
    let rows: StoredEvent[] = []
    return {
      async *read(query, options) {
        rows = []
        for await (const page of store.read(query, options)) {
          rows = [...page]
          await setImmediate()
          yield rows
        }
      },
    }
  },
}
