import { inspect } from 'node:util'
import { annals, memory } from 'annals'
import { expect, test } from 'vitest'
import { Account, AccountEvents, bankWithTen } from '../../test/domain/bank.ts'

test('each event records who acted, why, and by which command', async () => {
  await using bank = annals({ store: memory() })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const acting = bank.with({ actor: 'ann', correlation: 'req-9' }).with({ traceparent })
  await acting.open(Account, 'a').open('ann')
  await acting.with({ causation: 'event-1' }).open(Account, 'a').deposit({ amount: 5 })
  await bank.open(Account, 'a').deposit({ amount: 6 })
  const [opened, deposited, anonymous] = await Array.fromAsync(bank.read(AccountEvents))
  expect(opened?.metadata).toEqual({
    actor: 'ann',
    correlation: 'req-9',
    causation: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    command: { name: 'account.open' },
    traceparent,
  })
  expect(deposited?.metadata).toMatchObject({
    causation: 'event-1',
    command: { name: 'account.deposit', arguments: { amount: 5 } },
  })
  expect(anonymous?.metadata).not.toHaveProperty('actor')
  expect(anonymous?.metadata.correlation).toBe(anonymous?.metadata.causation)
})

test('tenants with the same ids never see each other', async () => {
  await using bank = await bankWithTen()
  const acme = bank.with({ tenant: 'acme' })
  expect((await acme.load(Account, 'a')).version).toBe(0)
  await acme.open(Account, 'a', { once: 'k' }).deposit({ amount: 1 })
  await bank.open(Account, 'a', { once: 'k' }).deposit({ amount: 2 })
  expect((await acme.load(Account, 'a')).state.balance).toBe(1)
  expect((await bank.load(Account, 'a')).state.balance).toBe(12)
  const read = await Array.fromAsync(acme.read(AccountEvents))
  expect(read.map(({ tenant, data }) => ({ tenant, data }))).toEqual([
    { tenant: 'acme', data: { amount: 1 } },
  ])
})

test('a copy of an event that was read or answered has its metadata', async () => {
  await using bank = annals({ store: memory() })
  const { events } = await bank.with({ actor: 'ann' }).open(Account, 'a').open('ann')
  const read = await Array.fromAsync(bank.read(AccountEvents))
  for (const event of [events[0], read[0]])
    expect(structuredClone({ ...event })).toMatchObject({ metadata: { actor: 'ann' } })
})

test('what `with` gives leaves the store open when it is closed', async () => {
  await using bank = await bankWithTen()
  {
    await using acting = bank.with({ actor: 'ann' })
    await acting.load(Account, 'a')
  }
  expect((await bank.load(Account, 'a')).version).toBe(2)
})

test('an event is printed and written as JSON with its metadata', async () => {
  await using bank = annals({ store: memory() })
  const { events } = await bank.with({ actor: 'ann' }).open(Account, 'a').open('ann')
  expect(inspect(events[0])).toContain("actor: 'ann'")
  expect(JSON.parse(JSON.stringify(events[0]))).toMatchObject({ metadata: { actor: 'ann' } })
})
