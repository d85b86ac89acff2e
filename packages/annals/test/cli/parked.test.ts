import { describe, expect, test } from 'vitest'
import { Account } from '../domain/bank.ts'
import { eventually } from '../following/waiting.ts'
import { shops, type Shop } from './shop.ts'

/** Two accounts whose withdrawals have no receipt. */
async function fill(shop: Shop): Promise<void> {
  await using app = shop.open()
  for (const id of ['acc-1', 'acc-2']) {
    await app.open(Account, id).deposit({ amount: 10 })
    await app.open(Account, id).withdraw({ amount: 3 })
    await app.open(Account, id).deposit({ amount: 1 })
  }
  await app.start()
  await app.caughtUp()
}

describe.each(shops)('$name', ({ at }) => {
  test('nothing is parked in a fresh database', async () => {
    await using shop = await at()
    expect(await shop.annals('parked')).toMatchObject({ code: 0, out: 'Nothing is parked.\n' })
    expect(await shop.annals('parked', 'list', '--json')).toMatchObject({ code: 0, out: '' })
    expect(await shop.annals('parked', 'retry', '--all')).toMatchObject({
      out: 'Nothing is parked.\n',
    })
    expect(await shop.annals('parked', 'show', 'receipts', '1')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: receipts has no parked event at position 1; annals parked lists what is parked
      ",
        "out": "",
      }
    `)
  })

  test('what is parked is listed and shown', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('parked')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "PROCESSOR  POSITION  TYPE            QUEUE          TRIED  PARKED AT                 TRIED AGAIN  ERROR
      receipts          2  MoneyWithdrawn  account/acc-1      1  2026-01-01T00:00:00.000Z  -            TypeError: no receipts for withdrawals
      receipts          3  MoneyDeposited  account/acc-1      0  2026-01-01T00:00:00.000Z  -            waits behind the one before
      receipts          5  MoneyWithdrawn  account/acc-2      1  2026-01-01T00:00:00.000Z  -            TypeError: no receipts for withdrawals
      receipts          6  MoneyDeposited  account/acc-2      0  2026-01-01T00:00:00.000Z  -            waits behind the one before
      ",
      }
    `)
    expect(await shop.annals('parked', 'list', 'receipts')).toEqual(await shop.annals('parked'))
    expect((await shop.annals('parked', 'list', 'owners')).out).toBe('Nothing is parked.\n')
    expect(
      (await shop.annals('parked', 'list', '--json')).out.split('\n')[0],
    ).toMatchInlineSnapshot(
      `"{"processor":"receipts","version":"1","tenant":"","queue":"account/acc-1","position":2,"eventId":"ID","type":"MoneyWithdrawn","attempts":1,"error":"TypeError: no receipts for withdrawals","at":"2026-01-01T00:00:00.000Z"}"`,
    )
    expect(await shop.annals('parked', 'show', 'receipts', '2')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "MoneyWithdrawn of account/acc-1, version 2, position 2
        recorded  2026-01-01T00:00:00.000Z
        data      {"amount":3}
        metadata  {"correlation":"ID","causation":"ID","command":{"name":"account.withdraw","arguments":{"amount":3}}}
        parked    by receipts, in the queue account/acc-1
        tried     once
        error     TypeError: no receipts for withdrawals
      ",
      }
    `)
    expect(await shop.annals('parked', 'show', 'receipts', '3')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "MoneyDeposited of account/acc-1, version 3, position 3
        recorded  2026-01-01T00:00:00.000Z
        data      {"amount":1}
        metadata  {"correlation":"ID","causation":"ID","command":{"name":"account.deposit","arguments":{"amount":1}}}
        parked    by receipts, in the queue account/acc-1
        tried     0 times
        error     none: it waits behind an event of its queue
      ",
      }
    `)
    expect(await shop.annals('parked', 'show', 'receipts', '2', '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"processor":"receipts","version":"1","tenant":"","queue":"account/acc-1","position":2,"eventId":"ID","type":"MoneyWithdrawn","attempts":1,"error":"TypeError: no receipts for withdrawals","at":"2026-01-01T00:00:00.000Z","event":{"stream":{"category":"account","id":"acc-1"},"version":2,"at":"2026-01-01T00:00:00.000Z","schemaVersion":1,"tags":[],"data":{"amount":3},"metadata":{"correlation":"ID","causation":"ID","command":{"name":"account.withdraw","arguments":{"amount":3}}}}}
      ",
      }
    `)
    expect(await shop.annals('health')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "receipts is run by no process: call start() in one that keeps it
      receipts has 2 queues of parked events that wait for a person: npx annals parked lists them
      owners is run by no process: call start() in one that keeps it
      ",
      }
    `)
  })

  test('what is parked is retried and discarded by the process that runs it', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('parked', 'discard', 'receipts', '2')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "receipts is asked to drop position 2 for ever; the process that runs it does so within seconds.
      ",
      }
    `)
    expect((await shop.annals('parked')).out).toContain('discard')
    expect(await shop.annals('parked', 'retry', 'receipts', '5')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "receipts is asked to try position 5 again; the process that runs it does so within seconds.
      ",
      }
    `)
    await using worker = shop.open()
    await worker.start()
    // the first is dropped, and what waited behind it went on; the other has failed once more
    await eventually(() => shop.annals('parked').then(({ out }) => out)).toMatch(
      /^PROCESSOR.*\nreceipts +5 .* 2 .*\nreceipts +6 .*\n$/,
    )
    expect((await shop.annals('parked', 'discard', '--all', '--json')).out).toMatch(
      /^\{.*"position":5.*"asked":true\}\n$/,
    )
  })

  test('all that failed are tried again, and those behind them are not asked for', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('parked', 'retry', '--all')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "receipts is asked to try position 2 again; the process that runs it does so within seconds.
      receipts is asked to try position 5 again; the process that runs it does so within seconds.
      ",
      }
    `)
    expect(await shop.annals('parked', 'retry', 'owners', '--all')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "Nothing is parked.
      ",
      }
    `)
  })

  test('which event is meant is said whole', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await shop.annals('parked', 'discard')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: name the PROCESSOR and the POSITION of a parked event, or say --all; annals parked lists them
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('parked', 'discard', 'receipts')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: name the PROCESSOR and the POSITION of a parked event, or say --all; annals parked lists them
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('parked', 'discard', 'receipts', 'two')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: POSITION is two, and takes a whole number; annals parked lists the positions
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('parked', 'discard', 'receipts', '2', '--all')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: --all means every position and queue; leave out --all, or the other one
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('parked', 'retry', 'receipts', '1')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: receipts has no parked event at position 1; annals parked lists what is parked
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('parked', 'retry', 'receipt', '2')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: parked: the app keeps no receipt; it keeps balances, receipts, owners
      ",
        "out": "",
      }
    `)
    expect(await shop.annals('parked', 'retry', 'receipts', '2', '--queue', 'x'))
      .toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "annals: receipts has no parked event at position 2 in the queue x; annals parked lists what is parked
      ",
        "out": "",
      }
    `)
    const queue = ['--queue', 'account/acc-1'] as const
    expect(await shop.annals('parked', 'show', 'receipts', '2', ...queue)).toMatchObject({
      code: 0,
    })
  })
})
