import { setImmediate } from 'node:timers/promises'
import { closed } from '../../src/store/refusals.ts'
import type { StoredEvent } from '../../src/store/store.ts'
import { telling } from './ways.ts'
import type { Mutate } from './ways.ts'

const leaks: NodeJS.Timeout[] = []

/** Lets go of what the leaking mutant holds. */
export function stopLeaks(): void {
  for (const timer of leaks.splice(0)) clearInterval(timer)
}

/** What goes wrong with followers, time and closing. */
export const lifetimes: Readonly<Record<string, Mutate>> = {
  'settles nothing': (store) => ({
    settled: async () => ({ ...(await store.settled()), position: 0 }),
  }),
  'settles too early': (store) => ({
    settled: async () => {
      const { epoch, position } = await store.settled()
      return { epoch, position: position + 50 }
    },
  }),
  'settles to and fro': (store) => {
    let turn = 0
    return {
      settled: async () => {
        const { epoch, position } = await store.settled()
        return { epoch, position: turn++ % 2 ? Math.floor(position / 2) : position }
      },
    }
  },
  'wakes whoever asks': (store) => ({
    wake: async (after, signal) => {
      signal.throwIfAborted()
      await store.settled()
      return after + 1
    },
  }),
  'wakes nobody who waits': (store) => ({
    wake: async (after, signal) => {
      const { position } = await store.settled()
      return position > after ? position : store.wake(after + 1_000, signal)
    },
  }),
  'wakes on, whatever the signal says': (store) => ({
    wake: (after) => store.wake(after, new AbortController().signal),
  }),
  'follows the clock back': (store, { clock }) => {
    const times = new Map<string, Date>()
    const timed = (event: StoredEvent) => ({ ...event, at: times.get(event.id) ?? event.at })
    return {
      async append(append, options) {
        for (const { id } of append.drafts) times.set(id, clock())
        const { events, position } = await store.append(append, options)
        return { events: events.map(timed), position }
      },
      async *read(query, options) {
        for await (const page of store.read(query, options)) yield page.map(timed)
      },
    }
  },
  'has no time': telling((event) => ({ ...event, at: new Date(0) })),
  'goes on when it is closed': () => ({
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }),
  'closes once only': (store) => {
    let open = true
    return {
      async close() {
        if (!open) throw closed()
        open = false
        await store.close()
      },
    }
  },
  'drops what is on its way when it closes': (store) => {
    let open = true
    return {
      async append(append, options) {
        await setImmediate()
        if (!open) return { events: [], position: 0 }
        return store.append(append, options)
      },
      async close() {
        open = false
        await store.close()
      },
    }
  },
  'goes on reading when it is closed': (store) => ({
    async *read(query, options) {
      const pages = []
      for await (const page of store.read(query, options)) pages.push(page)
      yield* pages
    },
  }),
  'makes its tables again and again': () => ({
    migrations: { apply: async () => ['001-events'] },
  }),
  'leaves a timer behind': () => {
    leaks.push(setInterval(() => undefined, 60_000))
    return {}
  },
}
