import { annals, type App, type Event } from 'annals'
import { describe, expect, test } from 'vitest'
import { Account, AccountEvents, Cart, CartEvents } from '../domain/bank.ts'
import { CourseEvents, enrol, openCourse } from '../domain/courses.ts'
import { stores } from './stores.ts'
import { eventually } from './waiting.ts'

const named = ({ stream, version }: Event) => `${stream.id}${version}`

async function deposited(bank: App, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await bank.open(Account, id).deposit({ amount: 1 })
}

/** The first so many of what comes; the loop is left then. */
async function first(count: number, from: AsyncIterable<Event>): Promise<readonly string[]> {
  const seen: string[] = []
  for await (const event of from) if (seen.push(named(event)) === count) break
  return seen
}

describe.each(stores)('$name', ({ at }) => {
  test('a live read goes on with what is recorded later, by whomever', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    await using other = annals({ store: place.open() })
    await deposited(bank, 'a', 'b')
    const reading = first(5, bank.read(AccountEvents, {}, { live: true }))
    await deposited(bank, 'a')
    await other.open(Cart, 'cart').add('tea', 1)
    await deposited(other, 'b', 'c')
    expect(await reading).toEqual(['a1', 'b1', 'a2', 'b2', 'c1'])
  })

  test('a live read is of what was asked for: a stream, a category, a tag, a tenant', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    const live = { live: true }
    const stream = first(2, bank.read(AccountEvents, { category: 'account', id: 'b' }, live))
    const category = first(1, bank.read(CartEvents, { category: 'cart' }, live))
    const tags = { student: 'ann' }
    const tag = Array.fromAsync(bank.read(CourseEvents, { tags }, { ...live, limit: 1 }))
    const tenant = first(1, bank.with({ tenant: 'acme' }).read(AccountEvents, {}, live))
    await deposited(bank, 'a', 'b', 'a', 'b')
    await bank.open(Cart, 'cart').add('tea', 1)
    await bank.decide(openCourse, 'ts', 3)
    await bank.decide(enrol, 'ts', 'bob')
    await bank.decide(enrol, 'ts', 'ann')
    await deposited(bank.with({ tenant: 'acme' }), 'x')
    expect(await stream).toEqual(['b1', 'b2'])
    expect(await category).toEqual(['cart1'])
    expect(await tag).toMatchObject([{ data: { course: 'ts', student: 'ann' } }])
    expect(await tenant).toEqual(['x1'])
  })

  test('a live read ends at its limit, and at its last position', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    const limited = Array.fromAsync(
      bank.read(AccountEvents, {}, { live: true, after: 1, limit: 2 }),
    )
    const bounded = Array.fromAsync(bank.read(AccountEvents, {}, { live: true, until: 3 }))
    await deposited(bank, 'a', 'b', 'c', 'd')
    expect((await limited).map(named)).toEqual(['b1', 'c1'])
    expect((await bounded).map(named)).toEqual(['a1', 'b1', 'c1'])
  })

  test('a live read ends with its signal, also while it waits', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    await deposited(bank, 'a')
    const stop = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of bank.read(AccountEvents, {}, { live: true, signal: stop.signal }))
        seen.push(named(event))
    })()
    const ended = reading.catch((error: unknown) => error)
    await eventually(() => seen).toEqual(['a1'])
    stop.abort(new Error('enough'))
    expect(await ended).toEqual(new Error('enough'))
  })

  test('the signal of who acts ends a live read', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    const stop = new AbortController()
    const reading = first(
      1,
      bank.with({ signal: stop.signal }).read(AccountEvents, {}, { live: true }),
    )
    const ended = reading.catch((error: unknown) => error)
    stop.abort(new Error('enough'))
    expect(await ended).toEqual(new Error('enough'))
  })

  test('a live read backwards is refused', async () => {
    await using place = await at()
    await using bank = annals({ store: place.open() })
    const reading = first(1, bank.read(AccountEvents, {}, { live: true, backwards: true }))
    await expect(reading).rejects.toMatchObject({
      code: 'ANNALS_OPTION',
      message: 'read: live goes on with new events, and not backwards',
    })
  })
})

test.each(stores.filter(({ name }) => name !== 'memory'))(
  'a live read ends when its store closes: $name',
  async ({ at }) => {
    await using place = await at()
    const bank = annals({ store: place.open() })
    await deposited(bank, 'a')
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of bank.read(AccountEvents, {}, { live: true }))
        seen.push(named(event))
    })()
    const ended = reading.catch((error: unknown) => error)
    await eventually(() => seen).toEqual(['a1'])
    await bank.close()
    await ended
  },
)
