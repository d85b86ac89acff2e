import { annals, fold, view, type Draft } from 'annals'
import { rebuild } from 'annals/operations'
import { describe, expect, test } from 'vitest'
import { Output } from '../../src/cli/output.ts'
import { barOf, progressBar } from '../../src/cli/progress-bar.ts'
import { Account, AccountEvents, AccountState, Cart } from '../domain/bank.ts'
import { PostgreSQL, SQLite, totals } from '../following/projecting.ts'
import { inMemory } from '../following/stores.ts'
import { commandLine, shops, type Shop } from './shop.ts'

/** A rebuild that is ended before it has begun: the version is known then, and has seen nothing. */
function endedAtOnce({ next }: Shop) {
  return commandLine(['rebuild'], async () => next.open(), { signal: AbortSignal.abort() })
}

/** Accounts, as the program before keeps them. */
async function fill(shop: Shop): Promise<void> {
  await using app = shop.open()
  await app.open(Account, 'acc-1').open('ann')
  await app.open(Account, 'acc-2').deposit({ amount: 10 })
  await app.start()
  await app.caughtUp()
}

/** An event that no view handles. */
function touched(): Draft {
  return {
    id: crypto.randomUUID(),
    stream: { category: 'cart', id: 'c' },
    type: 'CheckedOut',
    schemaVersion: 1,
    data: '{"total":1}',
    metadata: '{"correlation":"c","causation":"c"}',
    tags: [],
  }
}

describe.each(shops)('$name', ({ at }) => {
  test('a version is built, compared, rolled out, and the one before dropped', async () => {
    await using shop = await at()
    await fill(shop)
    const { next } = shop
    expect(await next.annals('rebuild', 'balances')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "balances is built in version 1.2, up to position 2.
      ",
      }
    `)
    expect(await next.annals('versions')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "NAME      VERSION  KIND          LIVE  DECLARED    RUN BY  LAG
      balances  1.2      view          -     by the app       0    0
      balances  1.1      view          live  -                0    0
      owners    1.1      view          live  by the app       0    0
      receipts  1        subscription  live  by the app       0    0
      ",
      }
    `)
    expect(await next.annals('diff', 'balances')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "balances 1.1 and 1.2: 2 documents are the same, 0 are different, 0 are only in 1.1, 1 only in 1.2.
      TENANT  KEY   1.1  1.2
              copy  -    {"owner":"ann","balance":0}
      ",
      }
    `)
    expect(await next.annals('diff', 'balances', '--json', '--limit', '0')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "{"name":"balances","from":"1.1","to":"1.2","same":2,"different":0,"onlyFrom":0,"onlyTo":1,"behind":0,"positions":{"from":2,"to":2,"end":2}}
      ",
      }
    `)
    expect(await next.annals('drop', 'balances', '1.1')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: drop: balances@1.1 is live; deploy another version first, or say live: true (--live) where nobody needs it any more
      ",
        "out": "",
      }
    `)
    {
      await using worker = next.open()
      await worker.start()
      await worker.open(Account, 'acc-2').deposit({ amount: 5 })
      await expect
        .poll(() => next.annals('versions', '--json'))
        .toMatchObject({
          out: expect.stringContaining('"version":"1.2","live":true') as string,
        })
    }
    expect(await next.annals('rebuild')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "All views and projections are live in the version that the app declares.
      ",
      }
    `)
    for (const name of ['balances', 'balances@1.2'])
      expect(await next.annals('rebuild', name)).toMatchInlineSnapshot(`
        {
          "code": 0,
          "err": "",
          "out": "balances is built and live in version 1.2; raise its version to build it anew beside that.
        ",
        }
      `)
    expect(await next.annals('rebuild', 'receipts')).toMatchObject({ code: 2, out: '' })
    expect(await next.annals('drop', 'balances', '1.1', '--json')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "{"name":"balances","version":"1.1","dropped":true}
      ",
      }
    `)
    expect(await next.annals('drop', 'balances', '1.1')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: drop: the store knows no balances@1.1; it knows balances@1.2, owners@1.1, receipts@1
      ",
        "out": "",
      }
    `)
    expect(await next.annals('drop', 'balances', '1.2')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: drop: balances@1.2 is live; deploy another version first, or say live: true (--live) where nobody needs it any more
      ",
        "out": "",
      }
    `)
    expect(await next.annals('drop', 'balances', '1.2', '--live')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "annals: balances of version 1.2 is kept by every append; append once with a program that does not keep it
      ",
        "out": "",
      }
    `)
  })

  test('a version that has not seen the log is not compared in earnest', async () => {
    await using shop = await at()
    await fill(shop)
    const { next } = shop
    expect(await next.annals('diff', 'balances')).toMatchObject({
      code: 1,
      err: 'annals: diff: version 1.2 of balances has not been built; run npx annals rebuild balances@1.2\n',
    })
    await endedAtOnce(shop)
    expect(await next.annals('diff', 'balances')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "balances 1.1 and 1.2: 0 documents are the same, 0 are different, 0 are only in 1.1, 0 only in 1.2; 2 differ while one version has not seen what the other has.
      version 1.2 of balances has not been built: it is at position 0 of 2; run npx annals rebuild balances@1.2
      ",
      }
    `)
    await next.annals('rebuild')
    {
      await using app = shop.open()
      await app.open(Account, 'acc-2').deposit({ amount: 10 })
    }
    expect(await next.annals('diff', 'balances', '--limit', '0')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "balances 1.1 and 1.2: 1 documents are the same, 0 are different, 0 are only in 1.1, 1 only in 1.2; 1 differ while one version has not seen what the other has.
      version 1.2 of balances is behind: it is at position 2 of 3; run npx annals rebuild balances@1.2
      ",
      }
    `)
  })

  test('versions without documents are not the same where one has not been built', async () => {
    await using shop = await at()
    {
      await using app = shop.open()
      await app.open(Cart, 'cart-1').add('shirt', 1)
    }
    await endedAtOnce(shop)
    expect(await shop.next.annals('diff', 'balances')).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "balances 1.1 and 1.2: 0 documents are the same, 0 are different, 0 are only in 1.1, 0 only in 1.2.
      version 1.2 of balances has not been built: it is at position 0 of 1; run npx annals rebuild balances@1.2
      ",
      }
    `)
    await shop.next.annals('rebuild')
    expect(await shop.next.annals('diff', 'balances')).toMatchObject({ code: 0 })
  })

  test('all that is not live is built without a name, with its progress for programs', async () => {
    await using shop = await at()
    await fill(shop)
    const { code, out } = await shop.next.annals('rebuild', '--json', '--rate', '1000')
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(code).toBe(0)
    expect(rows.at(-1)).toMatchObject({
      name: 'balances',
      version: '1.2',
      goal: 2,
      remaining: 0,
      parked: 0,
    })
    const terminal = { isTerminal: true }
    const drawn = await commandLine(['rebuild'], async () => shop.next.open(), terminal)
    expect(drawn.out).toContain('\rbalances ██████████████████████████████ 100 %  2 of 2')
    expect(drawn.out).toContain('\nbalances is built in version 1.2, up to position 2.\n')
    const narrow = { isTerminal: true, columns: 24 }
    const cut = await commandLine(['rebuild'], async () => shop.next.open(), narrow)
    expect(cut.out).toContain('\rbalances  100 %  2 of 2\n')
  })

  test('a version that a process runs is not dropped now, which is no mistake of the command line', async () => {
    await using shop = await at()
    await fill(shop)
    await using worker = shop.open()
    await worker.start()
    await worker.caughtUp()
    const drop = (...argv: readonly string[]) => shop.annals('drop', 'owners', '1.1', ...argv)
    expect(await drop('--live')).toEqual({
      code: 1,
      out: '',
      err: 'annals: owners of version 1.1 is run by a process; stop what keeps it, and try again some seconds later\n',
    })
    expect(await drop()).toMatchObject({ code: 2, out: '' })
    await worker.close()
    expect(await drop('--live')).toMatchObject({ code: 0, err: '' })
  })

  test('a version that is paused is not built now, which is no mistake of the command line', async () => {
    await using shop = await at()
    await fill(shop)
    const { next } = shop
    await endedAtOnce(shop)
    await next.annals('pause', 'balances')
    for (const argv of [['balances'], ['balances@1.2'], []])
      expect(await next.annals('rebuild', ...argv)).toEqual({
        code: 1,
        out: '',
        err: 'annals: rebuild: balances is paused; resume it, and call rebuild again\n',
      })
    await next.annals('resume', 'balances')
    expect(await next.annals('rebuild', 'balances')).toMatchObject({ code: 0, err: '' })
  })

  test('what is ended by Ctrl-C says that it goes on from there', async () => {
    await using shop = await at()
    await fill(shop)
    expect(await endedAtOnce(shop)).toMatchInlineSnapshot(`
      {
        "code": 130,
        "err": "",
        "out": "It goes on from there when it is called again.
      ",
      }
    `)
  })
})

describe.each([SQLite, PostgreSQL])('projections on $name', ({ at, projection }) => {
  test('the tables of two versions are compared', async () => {
    await using place = await at()
    const first = projection(totals)
    const second = projection({
      ...totals,
      version: 2,
      on: (event, write, table) =>
        totals.on({ ...event, data: { amount: event.data.amount * 2 } }, write, table),
    })
    const open = async () => annals({ store: place.open(), background: [first, second] as never })
    {
      await using bank = await open()
      await bank.open(Account, 'a').deposit({ amount: 4 })
      await bank.start()
      await bank.caughtUp()
    }
    expect(await commandLine(['diff', 'totals'], open)).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "totals 1 is at position 1, and 2 at 1.
      TABLE   ROWS IN 1  ROWS IN 2  ONLY IN 1  ONLY IN 2
      totals          1          1          1          1
      totals, only in 1: {"id":"a","total":4}
      totals, only in 2: {"id":"a","total":8}
      ",
      }
    `)
    expect(await commandLine(['diff', 'totals', '1', '2', '--json'], open)).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "",
        "out": "{"name":"totals","from":{"version":"1","position":1},"to":{"version":"2","position":1},"end":1,"tables":[{"table":"totals","from":{"rows":1,"only":1,"examples":[{"id":"a","total":4}]},"to":{"rows":1,"only":1,"examples":[{"id":"a","total":8}]}}]}
      ",
      }
    `)
  })
})

test('versions are not said to be the same where one lacks much of the log', async () => {
  await using place = await inMemory()
  const Second = view('balances', AccountState, { version: 2 })
  const open = async () =>
    annals({ store: place.open(), background: [view('balances', AccountState), Second] })
  const bank = await open()
  await bank.open(Account, 'a').deposit({ amount: 1 })
  await rebuild(bank, 'balances@1.1')
  await rebuild(bank, 'balances@1.2')
  expect(await commandLine(['diff', 'balances'], open)).toMatchObject({ code: 0 })
  await place.open().append({ tenant: '', drafts: Array.from({ length: 1_001 }, touched) })
  expect(await commandLine(['diff', 'balances'], open)).toMatchInlineSnapshot(`
    {
      "code": 1,
      "err": "",
      "out": "balances 1.1 and 1.2: 1 documents are the same, 0 are different, 0 are only in 1.1, 0 only in 1.2.
    version 1.1 of balances is behind: it is at position 1 of 1002; run npx annals rebuild balances@1.1
    version 1.2 of balances is behind: it is at position 1 of 1002; run npx annals rebuild balances@1.2
    ",
    }
  `)
})

test('a version that was built without events that are parked says so, and ends with 1', async () => {
  await using place = await inMemory()
  const Picky = view(
    'balances',
    fold(AccountEvents, {
      initial: { balance: 0 },
      MoneyDeposited: ({ balance }, { amount }) => {
        if (amount === 13) throw new Error('not this one')
        return { balance: balance + amount }
      },
    }),
    { retry: { attempts: 1 } },
  )
  const open = async () => annals({ store: place.open(), background: [Picky] })
  const bank = await open()
  for (const amount of [13, 1, 2]) await bank.open(Account, 'a').deposit({ amount })
  expect(await commandLine(['rebuild'], open)).toMatchInlineSnapshot(`
    {
      "code": 1,
      "err": "",
      "out": "balances is built in version 1.1, up to position 3, but 3 events of it are parked; look at them with npx annals parked list balances@1.1
    ",
    }
  `)
  const { code, out } = await commandLine(['rebuild', '--json'], open)
  expect([code, JSON.parse(out.trim().split('\n').at(-1) ?? '')]).toMatchObject([1, { parked: 3 }])
  expect(await commandLine(['parked', 'list', 'balances@1.1'], open)).toMatchObject({
    code: 0,
    out: expect.stringContaining('Error: not this one') as string,
  })
})

test('a line that is drawn over keeps within the columns of the terminal', async () => {
  let text = ''
  let columns = 80
  const write = async (part: string) => {
    text += part
  }
  const output = new Output(write, { json: false, redraws: true, columns: () => columns })
  const of = { name: 'balances', version: '1.2', goal: 20_003_000, position: 9_876_543 }
  const bar = progressBar(output)
  bar.show({ ...of, rate: 12_345.6, remaining: 5_000 })
  await bar.end()
  columns = 40
  bar.show({ ...of, rate: 12_345.6, remaining: 5_000 })
  bar.show({ ...of, rate: undefined, remaining: undefined })
  await bar.end()
  columns = 0 // it does not say
  bar.show({ ...of, rate: 12_345.6, remaining: 5_000 })
  await bar.end()
  const lines = text.split(/[\r\n]+/).slice(1, -1)
  expect(lines).toEqual([
    'balances ████░░░░░░  49 %  9876543 of 20003000  12346 a second  1 h 23 min left',
    'balances   49 %  9876543 of 20003000  1',
    'balances █░░  49 %  9876543 of 20003000',
    'balances ████░░░░░░  49 %  9876543 of 20003000  12346 a second  1 h 23 min left',
  ])
  expect(lines.map(({ length }) => length)).toEqual([79, 39, 39, 79])
})

test('a bar shows how far it is, how fast, and how long it takes', () => {
  const of = { name: 'balances', version: '1.2', goal: 1_000 }
  expect(barOf({ ...of, position: 0, rate: undefined, remaining: undefined })).toBe(
    'balances ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 of 1000',
  )
  expect(barOf({ ...of, position: 505, rate: 4.2, remaining: 117.9 })).toBe(
    'balances ███████████████░░░░░░░░░░░░░░░  50 %  505 of 1000  4 a second  1 min 58 s left',
  )
  expect(barOf({ ...of, position: 999, rate: 0.01, remaining: 7_300 })).toContain('2 h 1 min left')
  expect(barOf({ ...of, position: 1_001, rate: 5, remaining: 0 })).toMatch(
    /100 % {2}1001 of 1000 {2}5 a second$/,
  )
})
