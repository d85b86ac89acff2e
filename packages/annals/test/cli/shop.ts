import { DatabaseSync } from 'node:sqlite'
import { annals, fold, subscription, view, type App, type EventStore } from 'annals'
import { sqlite } from 'annals/sqlite'
import { clock } from 'annals/testing'
import { main } from '../../src/cli/main.ts'
import type { StoreOptions, StorePlace } from '../../src/testing/contracts/store/scene.ts'
import { Account, AccountEvents, AccountState, Cart } from '../domain/bank.ts'
import { inFile } from '../places.ts'
import { inSchema } from '../postgres-place.ts'

const Balances = view('balances', AccountState)
const NextBalances = view('balances', AccountState, {
  version: 2,
  by: ({ stream }) => (stream.id === 'acc-1' ? ['acc-1', 'copy'] : stream.id),
})

/** What an operator reads of a run of the command line. */
export interface Told {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A database, and a command line that opens it anew each time, as processes do. */
export interface Shop extends AsyncDisposable {
  /** An app on the database, with a clock that stands still. */
  open(): App
  /** Runs a command line, whose ids are replaced by names. */
  annals(...argv: readonly string[]): Promise<Told>
  /** The next program on the same database, whose balances are of another version. */
  readonly next: Omit<Shop, 'next'>
}

/** Fails for all that is withdrawn. */
const Receipts = subscription('receipts', AccountEvents, {
  retry: { attempts: 1 },
  MoneyDeposited: () => undefined,
  MoneyWithdrawn: () => {
    throw new TypeError('no receipts for withdrawals')
  },
})

const Owners = view(
  'owners',
  fold(AccountEvents, {
    initial: { accounts: 0 },
    AccountOpened: ({ accounts }) => ({ accounts: accounts + 1 }),
  }),
  { by: (event) => (event.type === 'AccountOpened' ? event.data.owner : []) },
)

/** The kinds of stores that the command line is tried on. */
export const shops: readonly { readonly name: string; readonly at: () => Promise<Shop> }[] = [
  {
    name: 'SQLite',
    at: async () => shopAt(await inFile((path, options) => sqlite(path, options), DatabaseSync)),
  },
  { name: 'PostgreSQL', at: async () => shopAt(await inSchema()) },
]

function shopAt(place: StorePlace): Shop {
  return { ...programAt(place, Balances), next: programAt(place, NextBalances) }
}

function programAt(place: StorePlace, balances: typeof Balances): Omit<Shop, 'next'> {
  const options: StoreOptions = { clock: clock(), keepOnce: '2d' }
  const open = () =>
    annals({
      store: place.open(options) as EventStore, // both open at once
      aggregates: [Account, Cart],
      inline: [balances],
      background: [Receipts, Owners],
    })
  return {
    open,
    annals: async (...argv) => commandLine(argv, async () => open()),
    [Symbol.asyncDispose]: async () => place.remove?.(),
  }
}

/** Runs a command line in this process. */
export async function commandLine(
  argv: readonly string[],
  app: (file: string | undefined) => Promise<App>,
  {
    signal = new AbortController().signal,
    isTerminal = false,
    columns,
  }: {
    readonly signal?: AbortSignal
    readonly isTerminal?: boolean
    readonly columns?: number
  } = {},
): Promise<Told> {
  let out = ''
  let err = ''
  const code = await main(argv, {
    app,
    out: async (text) => {
      out += text
    },
    isTerminal,
    columns: () => columns,
    err: (text) => {
      err += text
    },
    signal,
  })
  return { code, out: masked(out), err: masked(err) }
}

/** A text without what is another each time: ids of events, and names of processes. */
export function masked(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/[\w.-]+:\d+:[0-9a-f]{8}\b/g, 'PROCESS')
}
