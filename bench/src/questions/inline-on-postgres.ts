import { annalsInlineCommands, annalsInlineJournal } from '../annals-inline.ts'
import { annalsCommands, annalsJournal } from '../annals-postgres.ts'
import { emmettInlineJournal } from '../emmett-postgres.ts'
import { onJournal, type JournalKind } from '../journal.ts'
import type { Contender, Question } from '../question.ts'
import type { Scale } from '../scale.ts'

const callers = 32
const alone = 'Annals, no view'

/** What a view costs that every append keeps. */
export function inlineOnPostgres(scale: Scale): readonly Question[] {
  return [
    {
      title: `Append with an inline view on PostgreSQL, ${callers} callers`,
      about:
        'One event an append, as in the questions about appends, to streams that take turns; ' +
        `${scale.streams.toLocaleString('en')} are there from the start. Each append reads the document of its stream, folds the ` +
        'event and writes the document back, in its own transaction. At the port Annals is given the fold as the app gives it; a ' +
        'command loads its stream besides and checks by zod. Emmett appends with an inline projection into Pongo, whose table is ' +
        'made before, and not looked for at each append, as Emmett does by itself. Rows without a view are the same appends.',
      unit: 'appends/s',
      callers,
      latency: true,
      onServer: true,
      baseline: alone,
      contenders: [
        appending(annalsInlineJournal, scale),
        appending({ ...annalsJournal, name: alone }, scale),
        appending(annalsInlineCommands, scale),
        appending({ ...annalsCommands, name: 'Annals, a command, no view' }, scale),
        appending(emmettInlineJournal, scale),
      ],
      targets: [
        { contender: 'Annals', against: alone, atLeast: 0.5 },
        { contender: 'Annals', against: 'Emmett', atLeast: 6 },
      ],
    },
  ]
}

function appending(kind: JournalKind, { streams }: Scale): Contender {
  return onJournal(kind, async (journal) => {
    let made = 0
    const idle: Stream[] = []
    const append = async ({ name, version }: Stream) => {
      await journal.append(name, version, 1)
      idle.push({ name, version: version + 1 })
    }
    const fill = async () => {
      while (made < streams) await append({ name: `account-${made++}`, version: 0 })
    }
    await Promise.all(Array.from({ length: callers }, fill))
    // of a journal with a view that is what its document says; who keeps none would be the fastest
    const deposits = await journal.load?.('account-0')
    if (deposits !== 1) throw new Error(`account-0 has ${deposits} deposits, not 1`)
    return { step: () => append(idle.shift() ?? { name: `account-${made++}`, version: 0 }) }
  })
}

/** A stream that nobody appends to at the moment. */
interface Stream {
  readonly name: string
  readonly version: number
}
