import { aggregate, annals, fold, memory, subscription, view, type App, type Event } from 'annals'
import { parked, pause, resume, status } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState, Cart } from '../domain/bank.ts'
import { aborted, closedAfterGrace, eventually } from './waiting.ts'
import { inMemory, stores } from './stores.ts'

/** Keeps what it is given, in the order in which it is given it. */
function recorder() {
  const seen: string[] = []
  return { seen, note: ({ stream, version }: Event) => void seen.push(`${stream.id}${version}`) }
}

async function deposited(bank: App, ...ids: readonly string[]): Promise<number> {
  let last = 0
  for (const id of ids) last = (await bank.open(Account, id).deposit({ amount: 1 })).position
  return last
}

describe.each(stores)('$name', ({ at }) => {
  test('a subscription sees each of its events once, in the order of the log, also over restarts', async () => {
    await using place = await at()
    const { seen, note } = recorder()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
    for (const ids of [['a', 'b', 'a'], ['b', 'a'], [], ['c']]) {
      await using bank = annals({ store: place.open(), background: [Seen] })
      await bank.start()
      await deposited(bank, ...ids)
      await bank.open(Cart, 'cart').add('tea', 1)
      await bank.caughtUp()
    }
    expect(seen).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'c1'])
  })

  test('more events than a page holds are handled in their order', async () => {
    await using place = await at()
    const { seen, note } = recorder()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
    const Balances = view('balances', AccountState)
    await using bank = annals({ store: place.open(), background: [Seen, Balances] })
    const Ledger = aggregate('account', fold(AccountEvents, { initial: {} }), {
      deposit: (_, times: number) =>
        Array.from({ length: times }, () => AccountEvents.MoneyDeposited({ amount: 1 })),
    })
    for (const id of ['a', 'b', 'a']) await bank.open(Ledger, id).deposit(1_100)
    await bank.start()
    await bank.caughtUp()
    const versions = (id: string, first: number) =>
      Array.from({ length: 1_100 }, (_, index) => `${id}${first + index}`)
    expect(seen).toEqual([...versions('a', 1), ...versions('b', 1), ...versions('a', 1_101)])
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 2_200 })
    expect(await bank.find(Balances, 'b')).toMatchObject({ balance: 1_100 })
  })

  test('a handler sees the event as it was recorded, of every tenant', async () => {
    await using place = await at()
    const seen: Event[] = []
    const Seen = subscription('seen', AccountEvents, {
      MoneyDeposited: (event) => void seen.push(event),
    })
    await using bank = annals({ store: place.open(), background: [Seen] })
    await bank.start()
    const made = [
      await bank.with({ tenant: 'acme', actor: 'ann' }).open(Account, 'a').deposit({ amount: 1 }),
      await bank.open(Account, 'a').deposit({ amount: 2 }),
    ]
    await bank.caughtUp()
    const plain = ({
      id,
      type,
      data,
      tenant,
      stream,
      version,
      position,
      at: day,
      metadata,
    }: Event) => ({ id, type, data, tenant, stream, version, position, day, metadata })
    expect(seen.map(plain)).toEqual(made.flatMap(({ events }) => events.map(plain)))
    expect(seen[0]).toMatchObject({ tenant: 'acme', metadata: { actor: 'ann' } })
  })

  test('a subscription begins where it is told: with the first event, with new ones, after a position', async () => {
    await using place = await at()
    const told = { start: recorder(), now: recorder(), second: recorder(), nothing: recorder() }
    await using before = annals({ store: place.open() })
    await deposited(before, 'a', 'b', 'c')
    const { start, now, second, nothing } = told
    const processors = (position: number) => [
      subscription('from-start', AccountEvents, { from: 'start', MoneyDeposited: start.note }),
      subscription('from-now', AccountEvents, { from: 'now', MoneyDeposited: now.note }),
      subscription('from-second', AccountEvents, { from: position, MoneyDeposited: second.note }),
      subscription('by-default', AccountEvents, { MoneyDeposited: nothing.note }),
    ]
    {
      await using bank = annals({ store: place.open(), background: processors(2) })
      await bank.start()
      await bank.caughtUp()
    }
    await deposited(before, 'd')
    // where it begins is asked for once
    await using again = annals({ store: place.open(), background: processors(0) })
    await again.start()
    await deposited(again, 'e')
    await again.caughtUp()
    expect(start.seen).toEqual(['a1', 'b1', 'c1', 'd1', 'e1'])
    expect(nothing.seen).toEqual(['a1', 'b1', 'c1', 'd1', 'e1'])
    expect(second.seen).toEqual(['c1', 'd1', 'e1'])
    expect(now.seen).toEqual(['d1', 'e1'])
  })

  test('two processes that run a subscription handle each event once', async () => {
    await using place = await at()
    const { seen, note } = recorder()
    const Seen = subscription('seen', AccountEvents, { slices: 4, MoneyDeposited: note })
    await using one = annals({ store: place.open(), background: [Seen] })
    await using other = annals({ store: place.open(), background: [Seen] })
    await Promise.all([one.start(), other.start()])
    const ids = Array.from({ length: 20 }, (_, index) => `account-${index}-`)
    await Promise.all([deposited(one, ...ids), deposited(other, ...ids)])
    await Promise.all([one.caughtUp(), other.caughtUp()])
    expect(seen.toSorted()).toEqual(ids.flatMap((id) => [`${id}1`, `${id}2`]).toSorted())
    for (const id of ids) expect(seen.indexOf(`${id}1`)).toBeLessThan(seen.indexOf(`${id}2`))
  })

  test('a paused subscription handles nothing until it is resumed', async () => {
    await using place = await at()
    const { seen, note } = recorder()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
    await using bank = annals({ store: place.open(), background: [Seen] })
    await bank.caughtUp() // which lets the store know it
    await pause(bank, 'seen')
    await bank.start()
    await deposited(bank, 'a', 'b')
    expect((await status(bank)).processors).toMatchObject([
      { state: 'paused', position: 0, lag: 2 },
    ])
    await resume(bank, Seen)
    await bank.caughtUp()
    expect(seen).toEqual(['a1', 'b1'])
  })

  test('what a handler returns is awaited before the next event of any queue', async () => {
    await using place = await at()
    let running = 0
    const most: number[] = []
    const Slow = subscription('slow', AccountEvents, {
      MoneyDeposited: async () => {
        most.push(++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
      },
    })
    await using bank = annals({ store: place.open(), background: [Slow] })
    await deposited(bank, 'a', 'b', 'a', 'b')
    await bank.start()
    await bank.caughtUp()
    expect(most).toEqual([1, 1, 1, 1])
  })

  test('a handler that never returns holds up no append, no other subscription, and says why it is behind', async () => {
    await using place = await at()
    const begun = Promise.withResolvers<AbortSignal>()
    const Stuck = subscription('stuck', AccountEvents, {
      MoneyDeposited: (_, { signal }) => {
        begun.resolve(signal)
        return aborted(signal)
      },
    })
    const { seen, note } = recorder()
    const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
    await using bank = annals({ store: place.open(), background: [Stuck, Seen] })
    await bank.start()
    await deposited(bank, 'a', 'b', 'c')
    const signal = await begun.promise
    await eventually(() => seen).toEqual(['a1', 'b1', 'c1'])
    // the other one has noted a little later what it has seen
    await eventually(() =>
      bank.caughtUp({ timeout: '10ms' }).catch((error: unknown) => error),
    ).toMatchObject({
      code: 'ANNALS_BEHIND',
      message: 'after 10ms, stuck is at position 0, and the log was at 3',
    })
    expect(signal.aborted).toBe(false)
    await closedAfterGrace(bank)
    expect(signal.aborted).toBe(true)
  })

  test('what was given up when a process stopped is handled again by the next', async () => {
    await using place = await at()
    const { seen, note } = recorder()
    const begun = Promise.withResolvers<undefined>()
    let first = true
    const Seen = subscription('seen', AccountEvents, {
      MoneyDeposited: (event, { signal }) => {
        if (event.stream.id !== 'b' || !first) return note(event)
        first = false
        begun.resolve(undefined)
        return aborted(signal)
      },
    })
    await using one = annals({ store: place.open(), background: [Seen] })
    await one.start()
    await deposited(one, 'a', 'b', 'c')
    await begun.promise
    await closedAfterGrace(one)
    await using other = annals({ store: place.open(), background: [Seen] })
    await other.start()
    await other.caughtUp()
    expect(await parked(other)).toEqual([])
    expect(seen).toEqual(['a1', 'b1', 'c1'])
  })
})

test('closing ends, although a handler never returns and does not care for its signal', async () => {
  const begun = Promise.withResolvers<undefined>()
  const Stuck = subscription('stuck', AccountEvents, {
    MoneyDeposited: () => {
      begun.resolve(undefined)
      return new Promise(() => undefined)
    },
  })
  const bank = annals({ store: memory(), background: [Stuck] })
  await bank.start()
  await deposited(bank, 'a')
  await begun.promise
  await closedAfterGrace(bank)
}, 2_000)

test('closing waits for the handler at hand, and begins with no other', async () => {
  const begun = Promise.withResolvers<undefined>()
  const done = Promise.withResolvers<undefined>()
  const { seen, note } = recorder()
  const Slow = subscription('slow', AccountEvents, {
    MoneyDeposited: async (event) => {
      begun.resolve(undefined)
      await done.promise
      note(event)
    },
  })
  const place = await inMemory()
  const bank = annals({ store: place.open(), background: [Slow] })
  await deposited(bank, 'a', 'b')
  await bank.start()
  await begun.promise
  const closing = bank.close()
  done.resolve(undefined)
  await closing
  expect(seen).toEqual(['a1'])
  // and what was done is noted
  await using next = annals({ store: place.open(), background: [Slow] })
  await next.start()
  await next.caughtUp()
  expect(seen).toEqual(['a1', 'b1'])
})

const mistakes: Readonly<Record<string, readonly [() => unknown, string]>> = {
  'a handler of an event that is not in the set': [
    // @ts-expect-error misspelt
    () => subscription('seen', AccountEvents, { MoneyDeposted: () => undefined }),
    'subscription seen: MoneyDeposted is neither an event of the set nor a setting',
  ],
  'a setting that there is not': [
    // @ts-expect-error misspelt
    () => subscription('seen', AccountEvents, { form: 'now', MoneyDeposited: () => undefined }),
    'subscription seen: form is neither an event of the set nor a setting',
  ],
  'no handler': [
    () => subscription('seen', AccountEvents, {}),
    'subscription seen handles no event; give it a handler',
  ],
  'a beginning that is none': [
    // @ts-expect-error 'start', 'now' or a position
    () => subscription('seen', AccountEvents, { from: 'end', MoneyDeposited: () => undefined }),
    "subscription seen: from is end; it takes 'start', 'now' or a position",
  ],
  'half a position': [
    () => subscription('seen', AccountEvents, { from: 1.5, MoneyDeposited: () => undefined }),
    "subscription seen: from is 1.5; it takes 'start', 'now' or a position",
  ],
  'a queue that is no function': [
    // @ts-expect-error a function
    () => subscription('seen', AccountEvents, { by: 'owner', MoneyDeposited: () => undefined }),
    'subscription seen: by takes a function',
  ],
  'a name that no table could have': [
    () => subscription('Seen it', AccountEvents, { MoneyDeposited: () => undefined }),
    'subscription: its name is "Seen it"; it takes small letters, digits and -, 40 at most, and begins with a letter',
  ],
  'a pause without a unit': [
    () =>
      subscription('seen', AccountEvents, {
        // @ts-expect-error a duration
        retry: { max: 7 },
        MoneyDeposited: () => undefined,
      }),
    'subscription seen: retry.max is 7; it takes a duration',
  ],
  'to be kept inline': [
    () =>
      annals({
        store: memory(),
        inline: [subscription('seen', AccountEvents, { MoneyDeposited: () => undefined })],
      }),
    'annals: seen is a subscription, whose effects cannot be taken back; name it in background',
  ],
}

test.each(Object.entries(mistakes))('%s is refused', (_, [mistake, message]) => {
  expect(mistake).toThrow(
    expect.objectContaining({
      code: 'ANNALS_OPTION',
      message: expect.stringContaining(message) as string,
    }),
  )
})
