import type { EventStore, Followed, FollowOptions } from '../../src/store/store.ts'
import { omit } from './ways.ts'
import type { Mutate } from './ways.ts'

/** Changes what a follower is given. */
function following(
  change: (followed: Followed, options: FollowOptions, turn: number) => Followed,
): Mutate {
  return (store) => {
    let turn = 0
    return {
      follow: async (query, options) => change(await store.follow(query, options), options, turn++),
    }
  }
}

function asking(change: (options: FollowOptions) => FollowOptions): Mutate {
  return (store: EventStore) => ({
    follow: (query, options) => store.follow(query, change(options)),
  })
}

/** What following does wrong. */
export const followers: Readonly<Record<string, Mutate>> = {
  'keeps the last event of each page from its followers': following(({ events, until }) => ({
    events: events.slice(0, -1),
    until,
  })),
  'ignores the limit of a follower': asking((options) => omit(options, 'limit')),
  'gives one event at a time': asking((options) => ({ ...options, limit: 1 })),
  'stays where nothing matches': following(({ events, until }, { after }) => ({
    events,
    until: events.length > 0 ? until : after,
  })),
  'goes on where nothing has come': following(({ events, until }) => ({
    events,
    until: until + 1,
  })),
  'begins one event too late': asking((options) => ({ ...options, after: options.after + 1 })),
  'keeps large events from its followers': following(({ events, until }) => ({
    events: events.filter(({ data }) => data.length < 1_000_000),
    until,
  })),
  'passes an event now and then': following(({ events, until }, _, turn) => ({
    events: turn % 5 === 4 ? events.slice(1) : events,
    until,
  })),
  'takes any option of a follower': (store) => ({
    follow: (query, { after }) =>
      store.follow(query, { after: Number.isSafeInteger(after) ? Math.max(0, after) : 0 }),
  }),
  'follows any history': asking((options) => omit(options, 'epoch')),
  'ignores the signal of a follower': asking((options) => omit(options, 'signal')),
  'has its head where it began': (store) => ({
    watermark: async () => ({ ...(await store.watermark()), head: 0 }),
  }),
}
