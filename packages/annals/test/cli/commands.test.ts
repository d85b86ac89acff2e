import { describe, expect, test } from 'vitest'
import { Account, Cart } from '../domain/bank.ts'
import { shops, type Shop } from './shop.ts'

/** An account of 7 at version 3, a cart, and an account of another tenant. */
async function fill(shop: Shop): Promise<void> {
  await using app = shop.open()
  await app.open(Account, 'acc-1').open('ann')
  await app.with({ actor: 'bob' }).open(Account, 'acc-1').deposit({ amount: 10 })
  await app.open(Account, 'acc-1').withdraw({ amount: 3 })
  await app.open(Cart, 'c-1').add('book', 2)
  await app.with({ tenant: 'acme' }).open(Account, 'acc-1').deposit({ amount: 1 })
}

describe.each(shops)('$name', ({ at }) => {
  test('status and health of a fresh database', async () => {
    await using shop = await at()
    expect(await shop.annals('status')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "The log is at 0, and settled up to 0.

      NAME      KIND          VERSION  LIVE  STATE  POSITION  LAG  PARKED  STUCK  RUN BY
      balances  view          1.1      -     new           -    -       0      0  -
      receipts  subscription  1        -     new           -    -       0      0  -
      owners    view          1.1      -     new           -    -       0      0  -
      ",
      }
    `)
    expect(await shop.annals('status', '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"log":{"head":0,"settled":0,"holders":[]}}
      {"processor":{"kind":"view","name":"balances","version":"1.1","live":false,"state":"new","slices":[],"parked":{"events":0,"stuck":0}}}
      {"processor":{"kind":"subscription","name":"receipts","version":"1","live":false,"state":"new","slices":[],"parked":{"events":0,"stuck":0}}}
      {"processor":{"kind":"view","name":"owners","version":"1.1","live":false,"state":"new","slices":[],"parked":{"events":0,"stuck":0}}}
      ",
      }
    `)
    expect(await shop.annals('health')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "receipts is not in the store yet: call start() in a process that keeps it
      owners is not in the store yet: call start() in a process that keeps it
      ",
      }
    `)
    expect(await shop.annals('health', '--json')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "{"healthy":false,"problems":["receipts is not in the store yet: call start() in a process that keeps it","owners is not in the store yet: call start() in a process that keeps it"]}
      ",
      }
    `)
  })

  test('status and health while a process runs what the app keeps', async () => {
    await using shop = await at()
    await fill(shop)
    await using worker = shop.open()
    await worker.start()
    await worker.caughtUp()
    expect(await shop.annals('status')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "The log is at 5, and settled up to 5.

      NAME      KIND          VERSION  LIVE  STATE      POSITION  LAG  PARKED  STUCK  RUN BY
      balances  view          1.1      live  inline            5    0       0      0  -
      receipts  subscription  1        live  following         5    0       1      1  PROCESS
      owners    view          1.1      live  following         5    0       0      0  PROCESS
      ",
      }
    `)
    expect(await shop.annals('health')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "receipts has 1 queue of parked events that wait for a person: npx annals parked lists them
      ",
      }
    `)
  })

  test('health with a lag that is allowed', async () => {
    await using shop = await at()
    await fill(shop)
    for (const name of ['receipts', 'owners']) await shop.annals('pause', name)
    expect(await shop.annals('health', '--lag', '5')).toMatchObject({ code: 0, out: 'healthy\n' })
    expect(await shop.annals('health', '--lag', '4')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "receipts is 5 positions behind the head of the log
      owners is 5 positions behind the head of the log
      ",
      }
    `)
  })

  test('pause and resume', async () => {
    await using shop = await at()
    expect(await shop.annals('pause', 'owners')).toMatchObject({
      code: 2,
      err: 'annals: pause: the store knows no owners@1.1 yet; start an app that keeps it first\n',
    })
    await fill(shop)
    expect(await shop.annals('pause', 'owners')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "owners@1.1 is paused in all processes, until: annals resume owners@1.1
      ",
      }
    `)
    expect((await shop.annals('status')).out).toMatch(/owners +view +1.1 +live +paused/)
    expect(await shop.annals('resume', 'owners')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "owners@1.1 goes on where some process runs it.
      ",
      }
    `)
    expect((await shop.annals('status')).out).toMatch(/owners +view +1.1 +live +stopped/)
    expect(await shop.annals('pause', 'owners', '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"processor":"owners","version":"1.1","inline":false,"paused":true}
      ",
      }
    `)
    expect(await shop.annals('resume', 'owners', '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"processor":"owners","version":"1.1","inline":false,"paused":false}
      ",
      }
    `)
    expect(await shop.annals('pause', 'balances')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "balances@1.1 is inline: every append goes on keeping it. It is paused where it is followed in the background, until: annals resume balances@1.1
      ",
      }
    `)
    expect((await shop.annals('status')).out).toMatch(/balances +view +1.1 +live +inline/)
    expect(await shop.annals('resume', 'balances')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "balances@1.1 goes on with every append, as it did while it was paused.
      ",
      }
    `)
    expect(await shop.annals('pause', 'owner')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: pause: the app keeps no owner; it keeps balances, receipts, owners
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('resume', 'owner')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: resume: the app keeps no owner; it keeps balances, receipts, owners
      ",
        "out": "",
      }
    `)
  })

  test('read lists events: all, a category, a stream, and a part of them', async () => {
    await using shop = await at()
    expect(await shop.annals('read')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "There is no such event.
      ",
      }
    `)
    await fill(shop)
    expect(await shop.annals('read')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "POSITION  AT                        STREAM                VERSION  TYPE              DATA
             1  2026-01-01T00:00:00.000Z  account/acc-1               1  AccountOpened     {"owner":"ann"}
             2  2026-01-01T00:00:00.000Z  account/acc-1               2  MoneyDeposited    {"amount":10}
             3  2026-01-01T00:00:00.000Z  account/acc-1               3  MoneyWithdrawn    {"amount":3}
             4  2026-01-01T00:00:00.000Z  cart/c-1                    1  ItemAdded         {"sku":"book","qty":2}
      ",
      }
    `)
    expect(await shop.annals('read', 'account/acc-1', '--last', '1', '--json'))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"id":"ID","stream":{"category":"account","id":"acc-1"},"type":"MoneyWithdrawn","schemaVersion":1,"data":{"amount":3},"metadata":{"correlation":"ID","causation":"ID","command":{"name":"account.withdraw","arguments":{"amount":3}}},"tags":[],"tenant":"","version":3,"position":3,"at":"2026-01-01T00:00:00.000Z"}
      ",
      }
    `)
    const positions = async (...argv: readonly string[]) => {
      const { out } = await shop.annals('read', '--json', ...argv)
      return [...out.matchAll(/"position":(\d+)/g)].map(([, position]) => Number(position))
    }
    expect(await positions('cart')).toEqual([4])
    expect(await positions('account')).toEqual([1, 2, 3])
    expect(await positions('account/acc-1', '--limit', '2')).toEqual([1, 2])
    expect(await positions('--after', '1', '--until', '3')).toEqual([2, 3])
    expect(await positions('--last', '2')).toEqual([3, 4])
    expect(await positions('--type', 'ItemAdded', '--type', 'AccountOpened')).toEqual([1, 4])
    expect(await positions('--tag', 'course:ts')).toEqual([])
    expect(await positions('--tenant', 'acme')).toEqual([5])
    expect(await positions('--every-tenant')).toEqual([1, 2, 3, 4, 5])
    expect((await shop.annals('read', '--tenant', 'acme')).out).toContain('acme: account/acc-1')
    expect(await shop.annals('read', '--tenant', 'nobody')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "There is no such event.
      ",
      }
    `)
  })

  test('show lists a history with its states, up to a version or a time', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('show', 'account/acc-1')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "VERSION  POSITION  AT                        BY   TYPE            DATA             STATE
            1         1  2026-01-01T00:00:00.000Z  -    AccountOpened   {"owner":"ann"}  {"owner":"ann","balance":0}
            2         2  2026-01-01T00:00:00.000Z  bob  MoneyDeposited  {"amount":10}    {"owner":"ann","balance":10}
            3         3  2026-01-01T00:00:00.000Z  -    MoneyWithdrawn  {"amount":3}     {"owner":"ann","balance":7}
      ",
      }
    `)
    expect(await shop.annals('show', 'account/acc-1', '--until', '1', '--json'))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"event":{"type":"AccountOpened","data":{"owner":"ann"},"id":"ID","tenant":"","stream":{"category":"account","id":"acc-1"},"version":1,"position":1,"at":"2026-01-01T00:00:00.000Z","tags":[],"metadata":{"correlation":"ID","causation":"ID","command":{"name":"account.open"}}},"state":{"owner":"ann","balance":0}}
      ",
      }
    `)
    const lines = async (...argv: readonly string[]) =>
      (await shop.annals('show', 'account/acc-1', ...argv)).out.split('\n').length - 2
    expect(await lines('--until', '2')).toBe(2)
    expect(await lines('--at', '2026-01-01')).toBe(3)
    expect(await lines('--tenant', 'acme')).toBe(1)
    expect(await shop.annals('show', 'account/acc-1', '--at', '2025-12-31')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: account/acc-1 has no event up to 2025-12-31T00:00:00.000Z; look at the id, or name the tenant by --tenant
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('show', 'account/acc-1', '--until', '0')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: account/acc-1 has no event up to version 0; look at the id, or name the tenant by --tenant
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('show', 'account/acc-9')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: account/acc-9 has no event; look at the id, or name the tenant by --tenant
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('show', 'account/acc-1', '--tenant', 'acne')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: account/acc-1 of the tenant acne has no event; look at the id
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('show', 'acount/acc-1')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: the app has no aggregate of the category acount in aggregates; it has account, cart
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('show', 'account')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: "account" names no stream; write CATEGORY/ID, like account/acc-1
      ",
        "out": "",
      }
    `)
  })

  test('why lists what made a document', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('why', 'balances', 'acc-1')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "POSITION  AT                        STREAM         VERSION  TYPE            DATA             STATE                         KEPT
             1  2026-01-01T00:00:00.000Z  account/acc-1        1  AccountOpened   {"owner":"ann"}  {"owner":"ann","balance":0}   yes
             2  2026-01-01T00:00:00.000Z  account/acc-1        2  MoneyDeposited  {"amount":10}    {"owner":"ann","balance":10}  yes
             3  2026-01-01T00:00:00.000Z  account/acc-1        3  MoneyWithdrawn  {"amount":3}     {"owner":"ann","balance":7}   yes
      ",
      }
    `)
    expect(await shop.annals('why', 'owners', 'ann', '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"event":{"type":"AccountOpened","data":{"owner":"ann"},"id":"ID","tenant":"","stream":{"category":"account","id":"acc-1"},"version":1,"position":1,"at":"2026-01-01T00:00:00.000Z","tags":[],"metadata":{"correlation":"ID","causation":"ID","command":{"name":"account.open"}}},"state":{"accounts":1},"kept":false}
      ",
      }
    `)
    expect((await shop.annals('why', 'balances', 'acc-1', '--tenant', 'acme')).out).toContain(
      '{"balance":1}',
    )
    expect(await shop.annals('why', 'balances', 'acc-9')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: no event made a document acc-9 of the view balances; look at the key, or name the tenant by --tenant
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('why', 'blances', 'acc-1')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: why: the app keeps no blances; it keeps balances, receipts, owners
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('why', 'receipts', 'acc-1')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: why: receipts is a subscription; only the documents of a view are told
      ",
        "out": "",
      }
    `)
  })

  test('run runs a command, and says why it does not', async () => {
    await using shop = await at()
    const run = (...argv: readonly string[]) => shop.annals('run', ...argv)
    expect(await run('account/acc-1', 'deposit', '{"amount": 10}', '--actor', 'ann'))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "account/acc-1 is at version 1: {"balance":10}
        MoneyDeposited {"amount":10}
      ",
      }
    `)
    expect((await shop.annals('show', 'account/acc-1')).out).toContain(' ann ')
    expect(await run('account/acc-1', 'withdraw', '{"amount": 99}')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: rejected: insufficient funds
      ",
        "out": "",
      }
    `)
    expect(await run('account/acc-1', 'withdraw', '{"amount": -1}')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: account.withdraw: amount: Too small: expected number to be >0
      ",
        "out": "",
      }
    `)
    expect(await run('account/acc-1', 'withdraw')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: account.withdraw: Invalid input: expected object, received undefined
      ",
        "out": "",
      }
    `)
    expect(await run('account/acc-1', 'withdraw', '{amount: 1}')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: {amount: 1} is no JSON; write the argument like '{"amount": 10}', and a text in double quotes within single ones
      ",
        "out": "",
      }
    `)
    expect(await run('account/acc-1', 'withdrew', '{"amount": 1}')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: account has no command withdrew that was made with command(schema, …), which alone are run by name; it has deposit, withdraw
      ",
        "out": "",
      }
    `)
    expect(await run('account/acc-1', 'open', '"ann"')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: account has no command open that was made with command(schema, …), which alone are run by name; it has deposit, withdraw
      ",
        "out": "",
      }
    `)
    expect(await run('account/acc-1', 'deposit', '{"amount": 1}', '--expect', '7'))
      .toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: account/acc-1 is at version 1, not at version 7; load it and decide again
      ",
        "out": "",
      }
    `)
    const once = ['account/acc-1', 'deposit', '{"amount": 1}', '--once', 'k'] as const
    expect(await run(...once, '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"stream":"account/acc-1","version":2,"position":2,"repeated":false,"state":{"balance":11},"events":[{"type":"MoneyDeposited","data":{"amount":1},"id":"ID","tenant":"","stream":{"category":"account","id":"acc-1"},"version":2,"position":2,"at":"2026-01-01T00:00:00.000Z","tags":[],"metadata":{"correlation":"ID","causation":"ID","command":{"name":"account.deposit","arguments":{"amount":1}}}}]}
      ",
      }
    `)
    expect(await run(...once)).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "account/acc-1 is at version 2, as it was when this was run before: {"balance":11}
        MoneyDeposited {"amount":1}
      ",
      }
    `)
    expect(await run('account/acc-1', 'deposit', '{"amount": 2}', '--tenant', 'acme'))
      .toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "account/acc-1 is at version 1: {"balance":2}
        MoneyDeposited {"amount":2}
      ",
      }
    `)
  })

  test('migrate has nothing to do where opening has made the tables', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('migrate')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "There is nothing to apply.
      ",
      }
    `)
    expect(await shop.annals('migrate', '--json')).toMatchObject({ code: 0, out: '' })
  })
})
