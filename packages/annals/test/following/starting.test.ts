import { annals, memory, subscription, view } from 'annals'
import { pause, status } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState, CartEvents } from '../domain/bank.ts'
import { overriding, stores } from './stores.ts'

const Balances = view('balances', AccountState)

function seeing() {
  const seen: string[] = []
  const Seen = subscription('seen', AccountEvents, {
    MoneyDeposited: ({ stream, version }) => void seen.push(`${stream.id}${version}`),
  })
  return { seen, Seen }
}

describe.each(stores)('$name', ({ at }) => {
  test('nothing runs before the app is started', async () => {
    await using place = await at()
    const { seen, Seen } = seeing()
    await using bank = annals({ store: place.open(), background: [Balances, Seen] })
    await bank.open(Account, 'a').deposit({ amount: 1 })
    await expect(bank.caughtUp({ timeout: '30ms' })).rejects.toMatchObject({
      code: 'ANNALS_BEHIND',
      retry: true,
      message:
        'after 30ms, balances is at position 0, run by nobody: call start() in a process that keeps it; ' +
        'seen is at position 0, run by nobody: call start() in a process that keeps it, and the log was at 1',
    })
    expect(seen).toEqual([])
    await expect(bank.find(Balances, 'a', { timeout: '10ms' })).rejects.toMatchObject({
      code: 'ANNALS_REBUILDING',
      message:
        'version 1.1 of balances is being built: at position 0 of 1 (0 %), run by nobody: call start() in a process that keeps it',
    })
  })

  test('an app that was started once runs everything once, however often it is started', async () => {
    await using place = await at()
    const { seen, Seen } = seeing()
    await using bank = annals({ store: place.open(), background: [Balances, Seen] })
    await Promise.all([bank.start(), bank.start()])
    await bank.start()
    await bank.with({ tenant: 'acme' }).start()
    await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.caughtUp()
    expect(seen).toEqual(['a1'])
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 1 })
  })

  test('an app is started when it runs everything', async () => {
    await using place = await at()
    const { Seen } = seeing()
    await using bank = annals({ store: place.open(), background: [Balances, Seen] })
    await bank.start()
    expect((await status(bank)).processors.map(({ state }) => state)).toEqual([
      'following',
      'following',
    ])
  })

  test('an app that is closed stops what it runs, and appends no more', async () => {
    await using place = await at()
    const { seen, Seen } = seeing()
    const bank = annals({ store: place.open(), background: [Seen] })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.caughtUp()
    await bank.close()
    await bank.close()
    await using other = annals({ store: place.open(), background: [Seen] })
    await other.open(Account, 'b').deposit({ amount: 1 })
    expect((await status(other)).processors).toMatchObject([
      { state: 'stopped', position: 1, lag: 1 },
    ])
    await other.start()
    await other.caughtUp()
    expect(seen).toEqual(['a1', 'b1'])
  })

  test('an app that is closed while it starts leaves nothing running', async () => {
    await using place = await at()
    const { Seen } = seeing()
    const bank = annals({ store: place.open(), background: [Seen, Balances] })
    const starting = bank.start()
    await bank.close()
    await starting.catch(() => undefined) // it may be told that the store is closed
    await using other = annals({ store: place.open(), background: [Seen, Balances] })
    await other.start()
    await other.open(Account, 'a').deposit({ amount: 1 })
    await other.caughtUp()
  })

  test('who waits for everything waits for what other processes recorded before', async () => {
    await using place = await at()
    const { seen, Seen } = seeing()
    await using bank = annals({ store: place.open(), background: [Seen] })
    await using other = annals({ store: place.open() })
    await bank.start()
    for (const id of ['a', 'b', 'c']) {
      await other.open(Account, id).deposit({ amount: 1 })
      await bank.caughtUp()
      expect(seen.at(-1)).toBe(`${id}1`)
    }
  })

  test('who waits for everything is told what is paused, and what is not', async () => {
    await using place = await at()
    const { Seen } = seeing()
    await using bank = annals({ store: place.open(), background: [Balances, Seen] })
    await bank.caughtUp() // which lets the store know it
    await pause(bank, Seen)
    await bank.start()
    const { position: after } = await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.find(Balances, 'a', { after })
    await expect(bank.caughtUp({ timeout: '50ms' })).rejects.toMatchObject({
      message: 'after 50ms, seen is at position 0, paused, and the log was at 1',
    })
  })

  test('an app that keeps nothing is started, caught up and closed', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    await bank.start()
    await bank.open(Account, 'a').deposit({ amount: 1 })
    await bank.caughtUp()
    expect(await status(bank)).toMatchObject({ store: { head: 1, settled: 1 }, processors: [] })
  })
})

// a pool has timers of its own
test.each(stores.slice(0, 2))(
  'an app that is closed leaves no timer behind: $name',
  async ({ at }) => {
    await using place = await at()
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const Failing = subscription('failing', AccountEvents, {
      MoneyDeposited: () => {
        throw new Error('not now')
      },
    })
    const before = timers()
    for (let count = 0; count < 5; count++) {
      const bank = annals({ store: place.open(), inline: [Balances], background: [Failing] })
      await bank.start()
      await bank.open(Account, `${count}`).deposit({ amount: 1 })
      await bank.caughtUp()
      await bank.close()
    }
    expect(timers()).toBeLessThanOrEqual(before)
  },
)

test('the wait for everything ends with its signal', async () => {
  await using bank = annals({ store: memory(), background: [Balances] })
  await bank.open(Account, 'a').deposit({ amount: 1 })
  const stop = new AbortController()
  const waiting = bank.caughtUp({ signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

test('a misspelt option of caughtUp is refused', async () => {
  await using bank = annals({ store: memory(), background: [Balances] })
  // @ts-expect-error misspelt
  await expect(bank.caughtUp({ timeot: '5s' })).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
})

test('an app that is closed is not started again', async () => {
  const bank = annals({ store: memory(), background: [Balances] })
  await bank.close()
  await expect((async () => bank.start())()).rejects.toMatchObject({
    code: 'ANNALS_OPTION',
    message: 'the app is closed; make a new one',
  })
})

test('start fails where the store does not answer, and may be tried again', async () => {
  const kept = memory()
  let broken = true
  const ledger = overriding(kept.ledger, {
    register: async (registrations) => {
      if (broken) throw new Error('no connection')
      return kept.ledger.register(registrations)
    },
  })
  const store = overriding(kept, { ledger })
  const { seen, Seen } = seeing()
  await using bank = annals({ store, background: [Seen] })
  await expect(bank.start()).rejects.toThrow('no connection')
  broken = false
  await bank.start()
  await bank.open(Account, 'a').deposit({ amount: 1 })
  await bank.caughtUp()
  expect(seen).toEqual(['a1'])
})

test('what is to be kept must go together', () => {
  const Other = subscription('balances', CartEvents, { ItemAdded: () => undefined })
  expect(() => annals({ store: memory(), inline: [Balances], background: [Other] })).toThrow(
    'annals: two of inline and background have the name balances',
  )
  expect(() => annals({ store: memory(), inline: [Account as never] })).toThrow(
    'annals: inline and background take what view, projection or subscription gives',
  )
  // @ts-expect-error a list
  expect(() => annals({ store: memory(), background: Balances })).toThrow(
    'annals: background takes a list of them',
  )
})
