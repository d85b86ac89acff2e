import { fillLog } from '../annals-fill.ts'
import { annalsJournal } from '../annals-postgres.ts'
import { onJournal } from '../journal.ts'
import type { Contender, Question } from '../question.ts'
import type { Scale } from '../scale.ts'

/** Whether appends slow down as a store grows. */
export function storedOnPostgres({ stored }: Scale): readonly Question[] {
  const counts = [0, ...stored]
  return [
    {
      title: `Append on PostgreSQL, ${counts.map(nameOf).join(', ')}`,
      about:
        'One event to a new stream, at the port, in stores that have so many events with two tags each.',
      unit: 'appends/s',
      callers: 32,
      latency: true,
      onServer: true,
      baseline: nameOf(0),
      contenders: counts.map(among),
      targets: stored.map((count) => ({
        contender: nameOf(count),
        against: nameOf(0),
        atLeast: 0.9,
      })),
    },
  ]
}

function nameOf(count: number): string {
  return `${count.toLocaleString('en')} events`
}

function among(count: number): Contender {
  const contender = onJournal(annalsJournal, async (journal, place) => {
    if (count > 0) await fillLog(place, count)
    let n = 0
    return { step: () => journal.append(`account-${n++}`, 0, 1) }
  })
  return { ...contender, name: nameOf(count) }
}
