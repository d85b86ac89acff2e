import { memory } from 'annals'
import { clock } from 'annals/testing'
import { expect, test } from 'vitest'
import { Account } from './account.ts'
import { openBank } from './bank.ts'
import { balanceOn, history, trail } from './books.ts'
import { transfer } from './transfer.ts'

/** A bank where Ada and Bob have an account each, Ada's with €10 of 31 January. */
async function bankOfTwo() {
  const now = clock(new Date('2025-01-31T12:00:00Z'))
  const bank = openBank(memory({ clock: now }))
  await bank.open(Account, 'ada').open({ owner: 'Ada', on: '2025-01-30' })
  await bank.open(Account, 'bob').open({ owner: 'Bob', on: '2025-01-30' })
  await bank.open(Account, 'ada').deposit({ amount: 1_000, on: '2025-01-31', text: 'pay' })
  return { bank, now }
}

const order = { id: 'S-1', from: 'ada', to: 'bob', amount: 400, on: '2025-02-01', text: '' }

test('a transfer takes from one account and gives to the other', async () => {
  const { bank } = await bankOfTwo()
  await transfer(bank, order)
  await expect(bank.load(Account, 'ada')).resolves.toMatchObject({ state: { balance: 600 } })
  await expect(bank.load(Account, 'bob')).resolves.toMatchObject({ state: { balance: 400 } })
})

test('a transfer that one account refuses changes neither', async () => {
  const { bank } = await bankOfTwo()
  await expect(transfer(bank, { ...order, to: 'nobody' })).rejects.toThrow('must be open')
  await expect(transfer(bank, { ...order, amount: 1_001 })).rejects.toThrow('overdrawn')
  await expect(transfer(bank, { ...order, to: 'ada' })).rejects.toThrow('two accounts')
  await expect(bank.load(Account, 'ada')).resolves.toMatchObject({ version: 2 })
  await expect(bank.load(Account, 'bob')).resolves.toMatchObject({ version: 1 })
})

test('the history has the state after each event', async () => {
  const { bank } = await bankOfTwo()
  await transfer(bank, order)
  const balances = []
  for await (const { state } of history(bank, 'ada')) balances.push(state.balance)
  expect(balances).toEqual([0, 1_000, 600])
})

test('a late booking counts from its day, and was not known before it came', async () => {
  const { bank, now } = await bankOfTwo()
  now.advance('10d')
  await bank.open(Account, 'ada').withdraw({ amount: 300, on: '2025-01-31', text: 'late' })
  await expect(balanceOn(bank, 'ada', '2025-01-30')).resolves.toEqual({ booked: 0, recorded: 0 })
  await expect(balanceOn(bank, 'ada', '2025-01-31')).resolves.toEqual({
    booked: 700,
    recorded: 1_000,
  })
  await expect(balanceOn(bank, 'ada', '2025-02-10')).resolves.toEqual({
    booked: 700,
    recorded: 700,
  })
})

test('the trail of a transfer leads through both accounts', async () => {
  const { bank } = await bankOfTwo()
  await transfer(bank.with({ actor: 'ann', correlation: 'S-1' }), order)
  const found = []
  for await (const { stream, type, metadata } of trail(bank, 'S-1'))
    found.push([stream.id, type, metadata.actor])
  expect(found).toEqual([
    ['ada', 'MoneyWithdrawn', 'ann'],
    ['bob', 'MoneyDeposited', 'ann'],
  ])
})
