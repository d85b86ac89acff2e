import { annals, memory, subscription, view, type App, type Event, type Position } from 'annals'
import { status } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, AccountState } from '../domain/bank.ts'
import { aborted, closedAfterGrace, eventually } from './waiting.ts'
import { inMemory, stores } from './stores.ts'

/** A subscription in so many slices that keeps what it is given. */
function recorder() {
  const seen: string[] = []
  const inSlices = (slices: number) =>
    subscription('seen', AccountEvents, {
      slices,
      MoneyDeposited: ({ stream, version }: Event) => void seen.push(`${stream.id} ${version}`),
    })
  return { seen, inSlices }
}

const ids = Array.from({ length: 24 }, (_, index) => `account-${index}`)

function inOrder(versions: number): readonly string[] {
  return ids.flatMap((id) => Array.from({ length: versions }, (_, index) => `${id} ${index + 1}`))
}

/** By stream, in the order in which they came. */
function byStream(seen: readonly string[]): readonly string[] {
  return ids.flatMap((id) => seen.filter((one) => one.startsWith(`${id} `)))
}

async function positionsOf(bank: App): Promise<readonly Position[] | undefined> {
  return (await status(bank)).processors[0]?.slices.map(({ position }) => position)
}

describe.each(stores)('$name', ({ at }) => {
  test('the order of each stream is kept in 16 slices', async () => {
    await using place = await at()
    const { seen, inSlices } = recorder()
    await using bank = annals({ store: place.open(), background: [inSlices(16)] })
    await bank.start()
    for (let round = 0; round < 3; round++)
      await Promise.all(ids.map((id) => bank.open(Account, id).deposit({ amount: 1 })))
    await bank.caughtUp()
    expect(byStream(seen)).toEqual(inOrder(3))
    expect(seen).toHaveLength(ids.length * 3)
    // the checkpoints of those that had nothing to do come a little later
    await eventually(() => positionsOf(bank)).toEqual(Array(16).fill(ids.length * 3))
  })

  test('the number of slices may change: nothing is repeated, and nothing is lost', async () => {
    await using place = await at()
    const { seen, inSlices } = recorder()
    for (const [round, slices] of [4, 16, 1, 3].entries()) {
      await using bank = annals({ store: place.open(), background: [inSlices(slices)] })
      await Promise.all(ids.map((id) => bank.open(Account, id).deposit({ amount: 1 })))
      await bank.start()
      await bank.caughtUp()
      await eventually(async () => (await status(bank)).processors[0]?.slices.length).toBe(slices)
      await Promise.all(ids.map((id) => bank.open(Account, id).deposit({ amount: 1 })))
      await bank.caughtUp()
      expect(byStream(seen)).toEqual(inOrder(2 * (round + 1)))
    }
  })

  test('slices that stopped at different places are brought together before they are cut anew', async () => {
    await using place = await at()
    const seen: string[] = []
    const stuck = Promise.withResolvers<undefined>()
    const inSlices = (slices: number, waits: boolean) =>
      subscription('seen', AccountEvents, {
        slices,
        MoneyDeposited: ({ stream, version }, { signal }) => {
          if (waits && stream.id === ids[0]) {
            stuck.resolve(undefined)
            return aborted(signal)
          }
          return seen.push(`${stream.id} ${version}`)
        },
      })
    await using bank = annals({ store: place.open() })
    for (const id of ids) await bank.open(Account, id).deposit({ amount: 1 })
    await using first = annals({ store: place.open(), background: [inSlices(8, true)] })
    await first.start()
    await stuck.promise
    await eventually(() => seen.length).toBeGreaterThan(ids.length / 2)
    await closedAfterGrace(first)
    await using second = annals({ store: place.open(), background: [inSlices(2, false)] })
    await second.start()
    await second.caughtUp()
    expect(byStream(seen)).toEqual(inOrder(1))
    expect(seen).toHaveLength(ids.length)
    await eventually(() => positionsOf(second)).toEqual([ids.length, ids.length])
  })

  test('a process that closes leaves all its slices to another at once', async () => {
    await using place = await at()
    const { seen, inSlices } = recorder()
    const first = annals({ store: place.open(), background: [inSlices(6)] })
    await first.start()
    await first.close()
    await using second = annals({ store: place.open(), background: [inSlices(6)] })
    await second.start()
    for (const id of ids) await second.open(Account, id).deposit({ amount: 1 })
    await second.caughtUp({ timeout: '3s' })
    expect(byStream(seen)).toEqual(inOrder(1))
  })

  test('the documents of a view are cut by their keys, and each sees its events in order', async () => {
    await using place = await at()
    const Balances = view('balances', AccountState, { slices: 7 })
    await using bank = annals({ store: place.open(), background: [Balances] })
    await bank.start()
    for (const id of ids) await bank.open(Account, id).open(id)
    await Promise.all(ids.map((id) => bank.open(Account, id).deposit({ amount: 3 })))
    await bank.caughtUp()
    const { documents } = await bank.query(Balances)
    expect(documents).toHaveLength(ids.length)
    for (const { key, state } of documents) expect(state).toEqual({ owner: key, balance: 3 })
  })
})

test('a subscription has one slice, unless told otherwise', async () => {
  const Seen = subscription('seen', AccountEvents, { MoneyDeposited: () => undefined })
  await using bank = annals({ store: memory(), background: [Seen] })
  await bank.start()
  expect((await status(bank)).processors[0]?.slices).toHaveLength(1)
})

test('processes share the slices', async () => {
  await using place = await inMemory()
  const { inSlices } = recorder()
  await using one = annals({ store: place.open(), background: [inSlices(4)] })
  await using other = annals({ store: place.open(), background: [inSlices(4)] })
  await one.start()
  await other.start()
  const owners = async () => {
    const [{ slices } = { slices: [] }] = (await status(one)).processors
    const names = slices.map(({ owner }) => owner)
    return names
      .filter((name) => name !== undefined)
      .map((name) => names.filter((each) => each === name).length)
  }
  await eventually(owners).toEqual([2, 2, 2, 2])
})
