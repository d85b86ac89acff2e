import { annals, memory, view } from 'annals'
import { pause } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountState } from '../domain/bank.ts'
import { stores } from './stores.ts'
import { kept, ways } from './ways.ts'

const Balances = view('balances', AccountState)
const Others = view('others', AccountState)

describe.each(stores)('$name', ({ at }) => {
  test('views that are inline from the first event on need no start', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    const { position } = await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await bank.find(Balances, 'a')).toMatchObject({ balance: 5 })
    expect(await bank.find(Balances, 'a', { after: position })).toMatchObject({ balance: 5 })
    expect(await bank.count(Balances)).toBe(1)
    await bank.caughtUp()
  })

  test('a view that is inline shows what an append made as soon as it is done', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), inline: [Balances] })
    await using other = annals({ store: place.open(), inline: [Balances] })
    await bank.start()
    for (const balance of [1, 2, 3, 4, 5]) {
      await bank.open(Account, 'a').deposit({ amount: 1 })
      expect(await other.find(Balances, 'a')).toMatchObject({ balance })
    }
  })

  test('an app that is not started reads what others keep', async () => {
    await using place = await at()
    await using keeper = annals({ store: place.open(), background: [Balances] })
    await using reader = annals({ store: place.open(), background: [Balances] })
    await keeper.start()
    const { position } = await reader.open(Account, 'a').deposit({ amount: 5 })
    expect(await reader.find(Balances, 'a', { after: position })).toMatchObject({ balance: 5 })
    expect((await reader.query(Balances)).documents).toMatchObject([{ key: 'a' }])
    expect(await reader.count(Balances)).toBe(1)
  })

  test.each(ways)('find waits for a position that another process wrote: %s', async (way) => {
    await using place = await at()
    await using writer = annals({ store: place.open(), ...kept(way, Balances) })
    await using bank = annals({ store: place.open(), ...kept(way, Balances) })
    await bank.start()
    for (let amount = 1; amount <= 5; amount++) {
      const { position, state } = await writer.open(Account, 'a').deposit({ amount })
      expect(await bank.find(Balances, 'a', { after: position })).toEqual(state)
    }
  })

  test('find waits for a position that holds nothing for the view', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances, Others] })
    await bank.start()
    const { position } = await bank.open(Account, 'a').deposit({ amount: 5 })
    expect(await bank.find(Balances, 'b', { after: position })).toBeUndefined()
  })

  test('find tells how far a view is that nobody runs', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances] })
    await bank.start()
    const first = await bank.open(Account, 'a').deposit({ amount: 5 })
    await bank.caughtUp()
    await bank.close()
    await using late = annals({ store: place.open(), background: [Balances] })
    const { position } = await late.open(Account, 'a').deposit({ amount: 5 })
    await expect(
      late.find(Balances, 'a', { after: position, timeout: '20ms' }),
    ).rejects.toMatchObject({
      code: 'ANNALS_BEHIND',
      retry: true,
      message: `after 20ms, balances is at position ${first.position}, run by nobody: call start() in a process that keeps it, and not at ${position}`,
    })
    expect(await late.find(Balances, 'a')).toMatchObject({ balance: 5 })
  })

  test('find tells that a view is paused', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances] })
    await bank.caughtUp() // which lets the store know it
    await pause(bank, Balances)
    await bank.start()
    const { position } = await bank.open(Account, 'a').deposit({ amount: 5 })
    await expect(
      bank.find(Balances, 'a', { after: position, timeout: '20ms' }),
    ).rejects.toMatchObject({
      code: 'ANNALS_BEHIND',
      message: `after 20ms, balances is at position 0, paused, and not at ${position}`,
    })
  })

  test('a wait for a document ends with its signal', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open(), background: [Balances] })
    const { position } = await bank.open(Account, 'a').deposit({ amount: 5 })
    const stop = new AbortController()
    const waiting = bank.find(Balances, 'a', { after: position, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  test('a new version of a view has new documents, and the old ones stay for those who know them', async () => {
    await using place = await at()
    const Newer = view('balances', AccountState, {
      version: 2,
      by: ({ stream }) => `no ${stream.id}`,
    })
    await using old = annals({ store: place.open(), background: [Balances] })
    await old.start()
    await old.open(Account, 'a').deposit({ amount: 5 })
    await old.caughtUp()
    await using bank = annals({ store: place.open(), background: [Newer] })
    await bank.start()
    const { position } = await bank.open(Account, 'a').deposit({ amount: 1 })
    expect(await bank.find(Newer, 'no a', { after: position })).toMatchObject({ balance: 6 })
    expect(await bank.find(Newer, 'a')).toBeUndefined()
    expect(await old.find(Balances, 'a', { after: position })).toMatchObject({ balance: 6 })
    expect(await old.count(Balances)).toBe(1)
  })
})

test('a view that the app does not keep is refused, with where to name it', async () => {
  const bank = annals({ store: memory(), background: [Others] })
  const refusal = {
    code: 'ANNALS_OPTION',
    message: 'the app does not keep the view balances; name it in inline or background of annals()',
  }
  await expect(bank.find(Balances, 'a')).rejects.toMatchObject(refusal)
  await expect(bank.query(Balances)).rejects.toMatchObject(refusal)
  await expect(bank.count(Balances)).rejects.toMatchObject(refusal)
})
