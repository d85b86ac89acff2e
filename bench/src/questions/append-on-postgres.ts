import { annalsCommands, annalsJournal } from '../annals-postgres.ts'
import { bareCopy, bareInserts } from '../bare-postgres.ts'
import { dcbJournal } from '../dcb-es.ts'
import { emmettJournal } from '../emmett-postgres.ts'
import { evtstoreJournal } from '../evtstore.ts'
import { onJournal, type JournalKind } from '../journal.ts'
import { orgopsJournal, orgopsUnguarded } from '../orgops.ts'
import type { Contender, Question, Target } from '../question.ts'
import type { Scale } from '../scale.ts'

/** Which streams are appended to, and how much. */
interface Load {
  readonly streams: 'new' | 'existing'
  readonly deposits: number
}

/** A durable append on PostgreSQL, by one program with one caller or many. */
export function appendOnPostgres(scale: Scale): readonly Question[] {
  const question = (callers: number, { streams, deposits }: Load): Question => ({
    title: `Append on PostgreSQL, ${deposits > 1 ? `${deposits} events, ` : ''}${streams} streams, ${callersIn(callers)}`,
    about: about({ streams, deposits }, scale),
    unit: 'appends/s',
    callers,
    latency: true,
    onServer: true,
    baseline: 'Emmett',
    contenders: [
      ...[annalsJournal, annalsCommands, bareInserts, ...peers].map((kind) =>
        appending(kind, { streams, deposits }, scale),
      ),
      ...(streams === 'new' && callers > 1 && deposits === 1 ? [bareCopy] : []),
    ],
    targets: deposits === 1 ? (targets[callers] ?? []) : targetsOfTen,
  })
  return [
    ...scale.callers.flatMap((callers) =>
      (['new', 'existing'] as const).map((streams) => question(callers, { streams, deposits: 1 })),
    ),
    question(32, { streams: 'new', deposits: 10 }),
  ]
}

const peers = [emmettJournal, evtstoreJournal, orgopsJournal, orgopsUnguarded, dcbJournal]
const anyPeer = peers.map(({ name }) => name)

const contender = 'Annals'
const cheap: Target = { contender, against: anyPeer, figure: 'cpu', atMost: 0.25 }

const targets: Readonly<Record<number, readonly Target[]>> = {
  1: [
    { contender, against: anyPeer, atLeast: 1.1 },
    { contender, against: 'Emmett', atLeast: 1.6 },
    { contender, against: 'bare insert', figure: 'p50', atMost: 1.25 },
  ],
  32: [
    { contender, against: 'Emmett', atLeast: 5.5 },
    { contender, against: anyPeer, atLeast: 3.5 },
    cheap,
  ],
  128: [
    { contender, against: 'Emmett', atLeast: 8 },
    { contender, against: anyPeer, atLeast: 5 },
    cheap,
  ],
}

const targetsOfTen: readonly Target[] = [
  { contender, against: 'Emmett', atLeast: 1.7 },
  { contender, against: anyPeer, atLeast: 1.5 },
]

function callersIn(callers: number): string {
  return callers === 1 ? 'one caller' : `${callers} callers`
}

function about({ streams, deposits }: Load, scale: Scale): string {
  const which =
    streams === 'new'
      ? 'Every append begins a stream'
      : 'Streams take turns, so that no two callers meet on one'
  return (
    `${deposits === 1 ? 'One event' : `${deposits} events`} an append, at the version its stream must have, each ` +
    `event of 258 characters of JSON, with metadata of 105. ${which}; ` +
    `${scale.streams.toLocaleString('en')} are there from the start. Everybody has \`synchronous_commit = on\` and ` +
    'a pool of 10 connections, of which Annals uses up to four. At the port Annals and the bare insert turn the ' +
    'event to JSON themselves; a command loads its stream, checks the command and its event by zod, and records the ' +
    'command. The bare insert is a prepared statement and a transaction for each append, into the table and the ' +
    'indexes of Annals, without its triggers; `copy` answers for a batch and for no append. evtstore keeps no ' +
    'ids, and metadata only as a part of the event. orgops and dcb-es have no streams: their guard is that the scope, or the tag, has ' +
    'nothing newer than what is known here; orgops is measured without a guard, too.'
  )
}

function appending(kind: JournalKind, { streams, deposits }: Load, scale: Scale): Contender {
  return onJournal(kind, async (journal) => {
    let made = 0
    const idle: Stream[] = []
    const append = async ({ name, version }: Stream) => {
      await journal.append(name, version, deposits)
      idle.push({ name, version: version + deposits })
    }
    const toNew = () => journal.append(`account-${made++}`, 0, deposits)
    const toExisting = () => append(idle.shift() ?? { name: `account-${made++}`, version: 0 })
    const fill = async () => {
      while (made < scale.streams) await append({ name: `account-${made++}`, version: 0 })
    }
    await Promise.all(Array.from({ length: 32 }, fill))
    return { step: streams === 'new' ? toNew : toExisting }
  })
}

/** A stream that nobody appends to at the moment. */
interface Stream {
  readonly name: string
  readonly version: number
}
