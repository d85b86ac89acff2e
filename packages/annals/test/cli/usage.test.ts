import { annals, memory } from 'annals'
import { expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { Account } from '../domain/bank.ts'
import { commandLine, type Told } from './shop.ts'

/** A command line whose app is never opened. */
function told(...argv: readonly string[]): Promise<Told> {
  return commandLine(argv, async () => {
    throw new Error('the app is opened')
  })
}

test('the help lists the commands', async () => {
  expect((await told('--help')).out).toMatchInlineSnapshot(`
    "annals COMMAND [options]

    Operates the app that annals.config.ts exports: export default () => annals({ store, … })

      status                                 says how far the log is, and all that follows it
      health                                 says what is wrong, and exits with 1 where anything is
      parked list [PROCESSOR]                lists the events that could not be handled
      parked show PROCESSOR POSITION         shows a parked event with its data and what went wrong
      parked retry [PROCESSOR] [POSITION]    asks for a parked event, or all, to be tried again now
      parked discard [PROCESSOR] [POSITION]  asks for a parked event, or all, to be dropped for ever
      pause PROCESSOR                        stops a view, projection or subscription in all processes, until resume
      resume PROCESSOR                       lets a view, projection or subscription go on that was paused
      rebuild [NAME]                         builds the version of a view or projection that the app declares, beside the live one
      versions                               lists the versions of all views, projections and subscriptions that the store knows
      diff NAME [FROM] [TO]                  compares two versions of a view, or of a projection
      drop NAME VERSION                      forgets a version of a view, projection or subscription for ever, with all that it has
      migrate                                brings the tables of the store to this version
      read [CATEGORY[/ID]]                   lists events as they are stored
      tail [CATEGORY[/ID]]                   lists the last events, and new ones as they come
      show CATEGORY/ID                       lists the events of an aggregate, with the state after each
      why VIEW KEY                           lists the events that made a document of a view
      run CATEGORY/ID COMMAND [JSON]         runs a command that was made with command(schema, …)

    Options of every command:
      --config FILE  the file that exports the app: annals.config.ts, .mts, .js or .mjs in this folder
      --json         a line of JSON for each row, for programs
      --help         says how the command is used

    Exit codes:
      0    fine
      1    the answer is no: not healthy, rejected, not there, not now
      2    the command line or the config file has to be changed
      3    the store cannot be reached, or not be used as it is
      4    something else failed
      130  interrupted by Ctrl-C

    annals COMMAND --help says more, with an example. annals --version says which version this is.
    "
  `)
  for (const argv of [[], ['-h'], ['help']])
    expect(await told(...argv)).toEqual(await told('--help'))
})

test('the version is that of the package', async () => {
  expect(await told('--version')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  })
})

test.each(commands.map(({ name }) => name))('the help of %s has an example', async (name) => {
  const { code, out } = await told(...name.split(' '), '--help')
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^annals ${name}`))
  expect(out).toMatch(new RegExp(`Example:\n  annals ${name}`))
  expect(out).toContain('With --json: ')
})

test('the help of a command says all of it', async () => {
  expect((await told('run', '--help')).out).toMatchInlineSnapshot(`
    "annals run CATEGORY/ID COMMAND [JSON] [options]

    Runs a command that was made with command(schema, …).

      --tenant TENANT   whose it is, in a program with tenants
      --actor NAME      who asks for it, to be recorded with the events
      --expect VERSION  refuses unless it is at this version
      --once KEY        has its effect once, however often it is run with this key
      --config FILE     the file that exports the app: annals.config.ts, .mts, .js or .mjs in this folder
      --json            a line of JSON for each row, for programs
      --help            says how the command is used

    With --json: one line, { stream, version, position, repeated, state, events }.

    Example:
      annals run account/acc-1 deposit '{"amount": 10}' --actor ann
    "
  `)
  expect(await told('run', '-h')).toEqual(await told('run', '--help'))
  expect(await told('help', 'run')).toEqual(await told('run', '--help'))
  expect(await told('parked', '--help')).toEqual(await told('parked', 'list', '--help'))
})

test.each([
  [['stats'], 2],
  [['Status'], 2],
  [['frobnicate'], 2],
  [['parked', 'retri'], 2],
  [['parked', 'receipts'], 2],
  [['--json', 'status'], 2],
  [['status', 'now'], 2],
  [['status', '--jsn'], 2],
  [['status', '-x'], 2],
  [['status', '--json=yes'], 2],
  [['show'], 2],
  [['run', 'account/acc-1'], 2],
  [['why', 'balances', 'acc-1', 'acc-2'], 2],
  [['show', 'account/a', '--until'], 2],
  [['show', 'account/a', '--until', '--json'], 2],
  [['show', 'account/a', '--until', '-1'], 2],
  [['show', 'account/a', '--until', '1.5'], 2],
  [['show', 'account/a', '--at', 'yesterday'], 2],
  [['show', 'account/a', '--at', '2026-01-31T12:00:00'], 2],
  [['show', 'account/a', '--at', '2026-13-01'], 2],
  [['show', 'account/a', '--at', '2026-02-31T00:00:00Z'], 2],
  [['show', 'account/a', '--at', '2026-04-31'], 2],
  [['show', 'account/a', '--at', '2025-02-29T23:00:00-05:00'], 2],
])('%j is refused in a line that says what to do', async (argv, code) => {
  const { err, ...rest } = await told(...argv)
  expect(rest).toEqual({ code, out: '' })
  expect(err).toMatch(/^annals: .*\n$/)
  expect(err).toMatchSnapshot()
})

test.each(['2024-02-29', '2026-02-28T23:30:00-05:00', '2026-12-31T24:00:00Z'])(
  '%s is a time',
  async (time) => {
    const open = async () => annals({ store: memory(), aggregates: [Account] })
    const { err } = await commandLine(['show', 'account/a', '--at', time], open)
    expect(err).toMatch(/^annals: account\/a has no event/)
  },
)

test('an error that nobody foresaw is a line, and has a code of its own', async () => {
  expect(await told('status')).toEqual({
    code: 4,
    out: '',
    err: 'annals: Error: the app is opened\n',
  })
})

test('an interrupted command ends as shells expect it, and says nothing', async () => {
  const aborted = AbortSignal.abort()
  const open = async () => annals({ store: memory() })
  expect(await commandLine(['read'], open, { signal: aborted })).toEqual({
    code: 130,
    out: '',
    err: '',
  })
  expect(await commandLine(['tail'], open, { signal: aborted })).toEqual({
    code: 0,
    out: '',
    err: '',
  })
})

test('an app without tables or processors is told as it is', async () => {
  const open = async () => annals({ store: memory() })
  expect((await commandLine(['status'], open)).out).toMatchInlineSnapshot(`
    "The log is at 0, and settled up to 0.

    The app keeps no view, projection or subscription.
    "
  `)
  expect(await commandLine(['migrate'], open)).toMatchInlineSnapshot(`
    {
      "code": 0,
      "err": "",
      "out": "There is nothing to apply.
    ",
    }
  `)
  expect(await commandLine(['migrate', '--print'], open)).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "annals: the store of the app has no SQL to run by hand; its tables, if any, are made when it is opened
    ",
      "out": "",
    }
  `)
})
