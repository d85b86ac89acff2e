import { aggregate, annals, command, events, fold, memory, subscription, view } from 'annals'
import { postgres } from 'annals/postgres'
import pg from 'pg'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Account, AccountEvents } from '../domain/bank.ts'
import { inMemory } from '../following/stores.ts'
import { newSchema, serverUrl } from '../postgres-place.ts'
import { commandLine } from './shop.ts'

const NoteEvents = events({ Noted: z.object({ text: z.string() }) })
const Note = aggregate(
  'note',
  fold(NoteEvents, {
    initial: { texts: new Map<string, bigint>(), kinds: new Set<string>() },
    Noted: ({ texts, kinds }, { text }, { version }) => ({
      texts: new Map([...texts, [text, BigInt(version)]]),
      kinds: new Set([...kinds, 'note']),
    }),
  }),
  { note: (_, text: string) => NoteEvents.Noted({ text }) },
)

test('a terminal is not told to do what an event says', async () => {
  await using place = await inMemory()
  const open = async () => annals({ store: place.open(), aggregates: [Note] })
  await using app = await open()
  await app.open(Note, 'a\u001B[2Jb\u009Bc').note('\u001B]0;owned\u0007\u202E')
  const { out } = await commandLine(['read'], open)
  expect(out).toContain('note/a\\u001b[2Jb\\u009bc')
  expect(out).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u)
  const { err } = await commandLine(['show', 'note/\u001B[2J'], open)
  expect(err).toBe(
    'annals: note/\\u001b[2J has no event; look at the id, or name the tenant by --tenant\n',
  )
})

test('an argument that no event can hold is a wrong one; an event that holds something else is a bug', async () => {
  const Memo = aggregate('memo', fold(NoteEvents, { initial: {} }), {
    note: command(z.object({ text: z.string() }), (_, { text }) => NoteEvents.Noted({ text })),
    halve: command(z.object({ text: z.string() }), (_, { text }) =>
      NoteEvents.Noted({ text: text.slice(0, 1) }),
    ),
  })
  const open = async () => annals({ store: memory(), aggregates: [Memo] })
  expect(await commandLine(['run', 'memo/a', 'note', '{"text": "\\ud800"}'], open)).toEqual({
    code: 2,
    out: '',
    err: 'annals: Noted: text: half a surrogate pair, which is no text\n',
  })
  expect(await commandLine(['run', 'memo/a', 'halve', '{"text": "😀"}'], open)).toMatchObject({
    code: 4,
  })
})

test('a state that JSON has no way to write is shown all the same', async () => {
  await using place = await inMemory()
  const open = async () => annals({ store: place.open(), aggregates: [Note] })
  await using app = await open()
  await app.open(Note, 'a').note('hello')
  const { out } = await commandLine(['show', 'note/a', '--json'], open)
  expect(out).toContain('"state":{"texts":[["hello","1"]],"kinds":["note"]}}\n')
})

test('more rows than are gathered at once have one head', async () => {
  await using place = await inMemory()
  const open = async () => annals({ store: place.open(), aggregates: [Note] })
  await using app = await open()
  for (let count = 0; count < 201; count++) await app.open(Note, 'a').note(`${count}`)
  const { out } = await commandLine(['show', 'note/a'], open)
  expect(out.split('\n').filter((line) => line.includes('VERSION'))).toHaveLength(1)
  expect(out.split('\n')).toHaveLength(1 + 201 + 1)
})

test('an event that cannot be read ends the list with a code of its own', async () => {
  await using place = await inMemory()
  await using app = annals({ store: place.open() })
  await app.open(Account, 'a').deposit({ amount: 1 })
  const Other = aggregate('account', fold(NoteEvents, { initial: {} }), {})
  const open = async () => annals({ store: place.open(), aggregates: [Other] })
  expect(await commandLine(['show', 'account/a'], open)).toEqual({
    code: 4,
    out: '',
    err: 'annals: MoneyDeposited of schema version 1 (account/a, version 1) is not declared; declare MoneyDeposited, or name it in renamed or retired\n',
  })
  expect(await commandLine(['read', 'account/a'], open)).toMatchObject({ code: 0 })
})

test('what came before an error is shown', async () => {
  await using place = await inMemory()
  const Fragile = view(
    'fragile',
    fold(AccountEvents, {
      initial: { sum: 0 },
      MoneyDeposited: ({ sum }, { amount }) => {
        if (amount === 13) throw new Error('unlucky')
        return { sum: sum + amount }
      },
    }),
  )
  const open = async () => annals({ store: place.open(), background: [Fragile] })
  await using app = await open()
  await app.open(Account, 'a').deposit({ amount: 5 })
  await app.open(Account, 'a').deposit({ amount: 13 })
  const { code, out, err } = await commandLine(['why', 'fragile', 'a'], open)
  expect({ code, err }).toEqual({ code: 4, err: 'annals: Error: unlucky\n' })
  expect(out).toMatch(/^POSITION .*\n +1 .*\{"sum":5\} +not yet\n$/)
})

test('an event that is parked in several queues needs its queue named', async () => {
  await using place = await inMemory()
  const Twice = view(
    'twice',
    fold(AccountEvents, {
      initial: {},
      MoneyDeposited: () => {
        throw new Error('never')
      },
    }),
    { by: () => ['one', 'two'], retry: { attempts: 1 } },
  )
  const open = async () => annals({ store: place.open(), background: [Twice] })
  await using app = await open()
  await app.open(Account, 'a').deposit({ amount: 5 })
  await app.start()
  await app.caughtUp()
  expect(await commandLine(['parked', 'show', 'twice', '1'], open)).toEqual({
    code: 2,
    out: '',
    err: 'annals: the event at position 1 is parked in several queues of twice; name one by --queue: one, two\n',
  })
  const shown = await commandLine(['parked', 'show', 'twice', '1', '--queue', 'two'], open)
  expect(shown.out).toContain('in the queue two\n')
})

test('status tells what goes wrong with a processor', async () => {
  await using place = await inMemory()
  const Odd = subscription('odd', NoteEvents, {
    by: ({ data }) => data.text,
    Noted: () => undefined,
  })
  const open = async () => annals({ store: place.open(), background: [Odd] })
  await using app = await open()
  const Older = events({ Noted: z.object({ words: z.number() }) })
  const Written = aggregate('note', fold(Older, { initial: {} }), {
    write: () => Older.Noted({ words: 1 }),
  })
  await app.open(Written, 'a').write()
  await app.start()
  await expect
    .poll(async () => (await commandLine(['status'], open)).out, { timeout: 20_000 })
    .toMatch(
      /\nodd: CannotGoOn: it stands before Noted of note\/a at position 1, which cannot be read: /,
    )
})

test('status names the transaction that holds the log', async () => {
  const schema = newSchema()
  const pool = new pg.Pool({ connectionString: serverUrl })
  const open = async () => annals({ store: postgres(pool, { schema }) })
  await using app = await open()
  await app.open(Account, 'a').deposit({ amount: 1 })
  const client = await pool.connect()
  try {
    await client.query('begin')
    await app.with({ tx: client }).open(Account, 'b').deposit({ amount: 1 })
    await app.open(Account, 'a').deposit({ amount: 1 })
    const { out } = await commandLine(['status'], open)
    expect(out).toMatch(
      /^The log is at 3, and settled up to 1\.\nThe connection \d+ holds it, for \d+ s: \S.*\n/,
    )
    await client.query('rollback')
  } finally {
    client.release()
    await pool.query(`drop schema if exists "${schema}" cascade`)
    await pool.end()
  }
})

test('a command that is interrupted while it reads ends at once', async () => {
  const ending = new AbortController()
  const store = memory()
  const open = async () => {
    const app = annals({ store, aggregates: [Account] })
    ending.abort()
    return app
  }
  expect(await commandLine(['show', 'account/a'], open, { signal: ending.signal })).toEqual({
    code: 130,
    out: '',
    err: '',
  })
})
