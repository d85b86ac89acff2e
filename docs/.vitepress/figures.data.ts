// Some results of the benchmarks for the start page, taken from their page when the site is built, so that they never differ.
import { readFileSync } from 'node:fs'

/** A question of the benchmarks, what Annals did, and how that compares with one of the others. */
export interface Figure {
  readonly question: string
  readonly annals: string
  readonly against: string
  readonly ratio: string
}

const chosen: readonly (readonly [question: string, against: string])[] = [
  ['Append on PostgreSQL, new streams, one caller', 'bare insert'],
  ['Append on PostgreSQL, new streams, 32 callers', 'bare insert'],
  ['Append on SQLite, 32 callers', 'bare loop'],
  ['Load 1,000 events on PostgreSQL', 'bare read'],
  ['Catch up on PostgreSQL, 100,000 events', 'Emmett'],
  ['Catch up into a view on PostgreSQL, 10,000 keys', 'Emmett'],
  ['Command on memory, streams of a few events', 'Emmett'],
]

declare const data: readonly Figure[]
export { data }

export default {
  watch: ['../benchmarks.md'],
  load([page = '']: string[]): readonly Figure[] {
    const text = readFileSync(page, 'utf8')
    return chosen.map(([question, against]) => figure(text, question, against))
  },
}

function figure(page: string, question: string, against: string): Figure {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const first = rows.findIndex(([, asked]) => asked === question)
  const [, , annals = ''] = rows[first] ?? []
  const next = rows.findIndex(([, asked], index) => index > first && asked !== '')
  const found = rows.slice(first, next === -1 ? undefined : next).find((row) => row[3] === against)
  if (first === -1 || !found) {
    throw new Error(`the benchmarks have no question "${question}" against ${against}`)
  }
  return { question, annals, against, ratio: found[5] ?? '' }
}
