import { aggregate, annals, events, fold, memory } from 'annals'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents, AccountState } from '../../test/domain/bank.ts'

test('a state follows from the events, one after the other', async () => {
  await using app = annals({ store: memory() })
  await app.open(Account, 'a').open('ann')
  await app.open(Account, 'a').deposit({ amount: 10 })
  expect(await app.load(Account, 'a')).toEqual({
    state: { owner: 'ann', balance: 10 },
    version: 2,
    position: 2,
  })
})

test('a handler that is left out leaves the state as it is', () => {
  const Count = fold(AccountEvents, { initial: 0, MoneyDeposited: (n) => n + 1 })
  expect(Count.types).toEqual(['MoneyDeposited'])
})

test('a handler that writes to the initial state fails at once', () => {
  const initial: { readonly tags: string[] } = fold(AccountEvents, {
    initial: { tags: ['a'] },
  }).initial
  expect(() => initial.tags.push('b')).toThrow(TypeError)
})

test('a state that begins shallow-frozen, or with a Map, a Set or a Date, cannot be changed either', () => {
  const { initial } = fold(AccountEvents, {
    initial: Object.freeze({
      list: [] as number[],
      map: new Map([['a', { deep: [1] }]]),
      set: new Set([1]),
      date: new Date(0),
    }),
  })
  expect(() => initial.list.push(1)).toThrow(TypeError)
  expect(() => initial.map.set('b', { deep: [] })).toThrow(TypeError)
  expect(() => initial.map.get('a')?.deep.push(2)).toThrow(TypeError)
  expect(() => initial.set.clear()).toThrow(TypeError)
  expect(() => initial.date.setTime(1)).toThrow(TypeError)
  expect(new Map(initial.map).set('b', { deep: [] }).size).toBe(2)
})

test('a handler for an event that is not in the set is refused', () => {
  // @ts-expect-error misspelt
  expect(() => fold(AccountEvents, { initial: 0, MoneyDepositted: (n) => n })).toThrow(
    expect.objectContaining({ code: 'ANNALS_OPTION' }),
  )
})

test('the version of a fold is 1 until it is raised', () => {
  expect(AccountState.version).toBe(1)
  expect(fold(AccountEvents, { initial: 0, version: 2 }).version).toBe(2)
})

test('a handler sees when, where and of which stream the event was recorded', async () => {
  const Events = events({ Seen: z.object({}) })
  const places = fold(Events, {
    initial: [] as unknown[],
    Seen: (all, _, { stream, version, position, at, tenant, metadata: { actor } }) => [
      ...all,
      { id: stream.id, version, position, at, tenant, actor },
    ],
  })
  const Sight = aggregate('sight', places, { see: () => Events.Seen({}) })
  const at = new Date('2026-01-01')
  await using app = annals({ store: memory({ clock: () => at }) })
  const { state } = await app.with({ actor: 'ann', tenant: 'acme' }).open(Sight, 's').see()
  expect(state).toEqual([{ id: 's', version: 1, position: 1, at, tenant: 'acme', actor: 'ann' }])
})
