import { aggregate, Aggregate, annals, ConflictError, memory, reject } from 'annals'
import { given } from 'annals/testing'
import { expect, test, vi } from 'vitest'
import { Account, AccountEvents, AccountState, Cart, CartEvents } from '../../test/domain/bank.ts'

test('a command decides on the state', () => {
  given(Account)
    .when((account) => account.open('ann'))
    .emits(AccountEvents.AccountOpened({ owner: 'ann' }))
  given(Account, AccountEvents.AccountOpened({ owner: 'ann' }))
    .when((account) => account.open('bob'))
    .rejects('the account is open')
})

test('a command that returns nothing adds nothing', async () => {
  given(Account)
    .when((account) => account.touch())
    .emits()
  await using app = annals({ store: memory() })
  expect(await app.open(Account, 'a').touch()).toMatchObject({
    version: 0,
    position: 0,
    events: [],
  })
})

test('a method records events, and its state has them at once', () => {
  given(Cart)
    .when((cart) => cart.addTwice('tea'))
    .emits(
      CartEvents.ItemAdded({ sku: 'tea', qty: 1 }),
      CartEvents.ItemAdded({ sku: 'tea', qty: 1 }),
    )
  given(Cart, CartEvents.CheckedOut({ total: 0 }))
    .when((cart) => cart.add('tea', 1))
    .rejects('the cart is closed')
})

test('a broken invariant rejects the command by its sentence, in both styles', async () => {
  given(Account, AccountEvents.AccountOpened({ owner: 'ann' }))
    .when((account) => account.seize(1))
    .rejects('the balance is never negative')
  given(Cart)
    .when((cart) => cart.add('tea', 11))
    .rejects('a cart holds ten items at most')
  await using app = annals({ store: memory() })
  await expect(app.open(Cart, '1').add('tea', 11)).rejects.toMatchObject({
    code: 'ANNALS_REJECTED',
    reason: 'a cart holds ten items at most',
  })
  expect((await app.load(Cart, '1')).version).toBe(0)
})

test('the argument of a checked command is parsed before it decides', async () => {
  await using app = annals({ store: memory() })
  await expect(app.open(Account, 'a').deposit({ amount: -1 })).rejects.toMatchObject({
    code: 'ANNALS_INVALID_COMMAND',
    issues: [{ path: 'amount' }],
    message: expect.stringContaining('account.deposit') as string,
  })
})

test('an invalid event of a method is refused, and nothing of it is written', async () => {
  await using app = annals({ store: memory() })
  await expect(app.open(Cart, '1').add('tea', 0.5)).rejects.toMatchObject({
    code: 'ANNALS_INVALID_EVENT',
    issues: [{ path: 'qty' }],
  })
  expect((await app.load(Cart, '1')).version).toBe(0)
})

test('a rejection is never retried', async () => {
  const refuse = vi.fn<() => void>(() => {
    throw new TypeError('a mistake in the domain')
  })
  const Broken = aggregate('broken', AccountState, { refuse })
  await using app = annals({ store: memory() })
  await expect(app.open(Broken, '1').refuse()).rejects.toThrow('a mistake in the domain')
  expect(refuse).toHaveBeenCalledTimes(1)
})

test('a command that returns a promise is refused', async () => {
  const Slow = aggregate('slow', AccountState, {
    // @ts-expect-error the same at compile time
    wait: async () => AccountEvents.MoneyDeposited({ amount: 1 }),
  })
  await using app = annals({ store: memory() })
  const handle = app.open(Slow, '1') as unknown as { wait(): Promise<unknown> }
  await expect(handle.wait()).rejects.toMatchObject({ code: 'ANNALS_OPTION' })
})

test('methods that a class inherits are commands too', async () => {
  class BigCart extends Cart {
    addMany() {
      for (let i = 0; i < 3; i++) this.add('tea', 3)
    }
  }
  await using app = annals({ store: memory() })
  await app.open(BigCart, '1').add('tea', 1)
  expect((await app.open(BigCart, '1').addMany()).state.items).toBe(10)
})

test('the category of facts belongs to decisions', () => {
  expect(() => aggregate('fact', AccountState, {})).toThrow("'fact'")
  expect(() => Aggregate('', AccountState)).toThrow(
    expect.objectContaining({ code: 'ANNALS_OPTION' }),
  )
})

test('six creations of one aggregate at once: one wins, and the others decide again', async () => {
  await using app = annals({ store: memory() })
  const owners = ['a', 'b', 'c', 'd', 'e', 'f']
  for (let round = 0; round < 1_000; round++) {
    const race = await Promise.allSettled(
      owners.map((owner) => app.open(Account, `${round}`).open(owner)),
    )
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await app.load(Account, `${round}`)).version).toBe(1)
  }
})

test('after five attempts a conflict is the caller’s', async () => {
  const store = memory()
  const append = vi.spyOn(store, 'append').mockRejectedValue(new ConflictError('always'))
  await using app = annals({ store })
  await expect(app.open(Account, 'a').open('ann')).rejects.toBeInstanceOf(ConflictError)
  expect(append).toHaveBeenCalledTimes(5)
})

test('a command that is written as a property of a class is refused, with what to write', () => {
  class Basket extends Aggregate('basket', Cart.fold) {
    add = () => this.record('ItemAdded', { sku: 'tea', qty: 1 })
  }
  expect(() => annals({ store: memory() }).open(Basket, '1')).toThrow(
    'basket.add is a property that holds a function; write it as a method: add() { … }',
  )
})

test('a class whose constructor is strict about ids can be opened', async () => {
  class Numbered extends Cart {
    constructor(id: string) {
      super(id)
      if (!/^\d+$/.test(id)) throw new Error(`bad id ${id}`)
    }
  }
  await using app = annals({ store: memory() })
  expect((await app.open(Numbered, '1').add('tea', 1)).version).toBe(1)
  await expect(app.open(Numbered, 'x').add('tea', 1)).rejects.toThrow('bad id x')
})

test('what a method that failed records later is refused, and not lost', async () => {
  const late: (() => void)[] = []
  class Slow extends Aggregate('slow', Cart.fold) {
    fail() {
      late.push(() => this.record('CheckedOut', { total: 1 }))
      reject('no')
    }
  }
  await using app = annals({ store: memory() })
  await expect(app.open(Slow, '1').fail()).rejects.toMatchObject({ reason: 'no' })
  expect(late[0]).toThrow('only while one of its commands runs')
})

test('an aggregate has no state outside its commands', () => {
  expect(() => new Cart('1').state).toThrow(expect.objectContaining({ code: 'ANNALS_OPTION' }))
})

test('a handle is no promise: a command named then is refused in both styles', () => {
  class Never extends Aggregate('never', Cart.fold) {
    // oxlint-disable-next-line unicorn/no-thenable
    then() {}
  }
  const refused = expect.objectContaining({ code: 'ANNALS_OPTION' }) as Error
  // oxlint-disable-next-line unicorn/no-thenable
  expect(() => aggregate('never', AccountState, { then: () => {} })).toThrow(refused)
  expect(() => annals({ store: memory() }).open(Never, '1')).toThrow(refused)
})

test('a misspelt option of an aggregate is refused in both styles', () => {
  const refused = expect.objectContaining({ code: 'ANNALS_OPTION' }) as Error
  // @ts-expect-error misspelt
  expect(() => aggregate('a', AccountState, {}, { invariant: {} })).toThrow(refused)
  // @ts-expect-error misspelt
  expect(() => Aggregate('a', AccountState, { invariant: {} })).toThrow(refused)
})
