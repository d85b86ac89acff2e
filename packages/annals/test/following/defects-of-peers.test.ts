import { aggregate, annals, events, fold, memory, subscription, view } from 'annals'
import { status } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { stores } from './stores.ts'
import { counting, deposited, soon } from './deposits.ts'
import { eventually } from './waiting.ts'

describe('defects of typescript-peers.md', () => {
  test.each(stores)('defect D1: of six who open one account one does: $name', async ({ at }) => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    await using other = annals({ store: place.open() })
    for (let round = 0; round < 10; round++) {
      const opened = await Promise.allSettled(
        [bank, other, bank, other, bank, other].map((app, n) =>
          app.open(Account, `${round}`).open(`owner ${n}`),
        ),
      )
      expect(opened.filter(({ status: how }) => how === 'fulfilled')).toHaveLength(1)
      expect((await bank.load(Account, `${round}`)).version).toBe(1)
    }
  })

  test.each(stores)(
    'defect D8: of what is to be appended together nothing is there when a part fails: $name',
    async ({ at }) => {
      await using place = await at()
      await using bank = annals({ store: place.open() })
      const work = bank.together(async (both) => {
        await both.open(Account, 'a').deposit({ amount: 1 })
        throw new Error('the rest failed')
      })
      await expect(work).rejects.toThrow('the rest failed')
      expect((await bank.load(Account, 'a')).version).toBe(0)
    },
  )

  test.each(stores)(
    'defect D2: with ten writers at once no event is lost: $name',
    async ({ at }) => {
      await using place = await at()
      const { seen, note } = counting()
      const Seen = subscription('seen', AccountEvents, { MoneyDeposited: note })
      await using bank = annals({ store: place.open(), background: [Seen] })
      await bank.start()
      const writers = Array.from({ length: 10 }, (_, index) => `writer-${index}`)
      await Promise.all(writers.map((id) => deposited(bank, ...Array<string>(20).fill(id))))
      await bank.caughtUp()
      expect(seen).toHaveLength(200)
      for (const id of writers)
        expect(seen.filter((one) => one.startsWith(`${id} `))).toEqual(
          Array.from({ length: 20 }, (_, index) => `${id} ${index + 1}`),
        )
    },
  )

  test.each(stores)(
    'defect D3: a new version of an inline view misses nothing while appends go on: $name',
    async ({ at }) => {
      await using place = await at()
      const versionOf = (version: number) =>
        view('total', AccountState, { version, by: () => 'all' })
      const Newer = versionOf(2)
      await using old = annals({ store: place.open(), inline: [versionOf(1)] })
      await deposited(old, 'a', 'b', 'a')
      await using bank = annals({ store: place.open(), inline: [Newer] })
      const appending = Promise.all([
        deposited(old, ...Array<string>(15).fill('a')),
        deposited(old, ...Array<string>(15).fill('b')),
        deposited(bank, ...Array<string>(15).fill('c')),
        deposited(bank, ...Array<string>(15).fill('d')),
      ])
      await bank.start()
      await appending
      await bank.caughtUp()
      expect(await bank.find(Newer, 'all')).toMatchObject({ balance: 63 })
    },
  )

  test('defect D5: a handler that throws stops neither its subscription nor others, and start fails only for what cannot run', async () => {
    const { seen, note } = counting()
    let failing = true
    const Throwing = subscription('throwing', AccountEvents, {
      retry: soon,
      MoneyDeposited: (event) => {
        if (failing) throw new Error('not now')
        note(event)
      },
    })
    const { seen: others, note: noteOther } = counting()
    const Other = subscription('other', AccountEvents, { MoneyDeposited: noteOther })
    await using bank = annals({ store: memory(), background: [Throwing, Other] })
    await bank.start()
    await deposited(bank, 'a', 'b')
    await bank.caughtUp()
    expect(others).toEqual(['a 1', 'b 1'])
    failing = false
    await eventually(() => seen.toSorted()).toEqual(['a 1', 'b 1'])
    await deposited(bank, 'c')
    await bank.caughtUp()
    expect(seen.at(-1)).toBe('c 1')
  })

  test('defect D9: what is named in background is kept in the background', async () => {
    const Balances = view('balances', AccountState)
    await using bank = annals({ store: memory(), background: [Balances] })
    await deposited(bank, 'a')
    await expect(bank.find(Balances, 'a', { timeout: '10ms' })).rejects.toThrow('run by nobody')
    expect((await status(bank)).processors).toMatchObject([{ state: 'stopped', lag: 1 }])
  })

  test.each(stores)('defect D10: a date is a date for all who see it: $name', async ({ at }) => {
    await using place = await at()
    const Events = events({ Born: z.object({ on: z.coerce.date<string>() }) })
    const Person = aggregate('person', fold(Events, { initial: {} }), {
      bear: (_, on: string) => Events.Born({ on }),
    })
    const seen = {
      inline: [] as unknown[],
      background: [] as unknown[],
      subscribed: [] as unknown[],
    }
    const seeing = (name: 'inline' | 'background') =>
      view(
        name,
        fold(Events, {
          initial: { year: 0 },
          Born: (_, { on }) => {
            seen[name].push(on)
            return { year: on.getUTCFullYear() }
          },
        }),
      )
    const Subscribed = subscription('subscribed', Events, {
      Born: ({ data }) => void seen.subscribed.push(data.on),
    })
    const [Inline, Background] = [seeing('inline'), seeing('background')]
    await using app = annals({
      store: place.open(),
      inline: [Inline],
      background: [Background, Subscribed],
    })
    await app.start()
    await app.open(Person, 'ann').bear('2001-02-03T04:05:06.789Z')
    await app.caughtUp()
    const read = (await Array.fromAsync(app.read(Events))).map(({ data }) => data.on)
    const date = new Date('2001-02-03T04:05:06.789Z')
    for (const dates of [seen.background, seen.subscribed, read]) expect(dates).toEqual([date])
    expect(seen.inline[0]).toEqual(date)
    expect(await app.find(Inline, 'ann')).toEqual({ year: 2001 })
    expect(await app.find(Background, 'ann')).toEqual({ year: 2001 })
  })
})
