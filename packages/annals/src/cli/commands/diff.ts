import {
  diff as diffOf,
  diffTables,
  versions,
  type Diff,
  type DiffOptions,
  type TablesDiff,
} from 'annals/operations'
import type { App } from 'annals'
import { command, type Command } from '../command.ts'
import type { Output } from '../output.ts'
import { exitCodes } from '../failures.ts'
import { isUnbuilt, unlessForNow } from '../for-now.ts'
import { isComparable, laggingText, type Reached } from '../lagging.ts'
import { jsonOf } from '../printing.ts'

/** Compares two versions of a view. */
export const diff: Command = command({
  name: 'diff',
  summary: 'compares two versions of a view, or of a projection',
  more: 'By default the newest with the one before. Of a view it compares documents, of all tenants; of a projection the rows of its tables. It ends with 1 where they are not the same, or where a version has not seen enough of the log to say.',
  args: ['NAME', '[FROM]', '[TO]'],
  options: {
    limit: {
      kind: 'whole',
      value: 'COUNT',
      help: 'how many documents, or rows of each table, to show; 20',
    },
  },
  example: 'annals diff balances 1.1 1.2',
  json: '{ name, from, to, same, different, onlyFrom, onlyTo, behind, positions: { from, to, end } }, then a { tenant, key, from, to } for each of the first documents that differ; of a projection { name, from, to, end, tables }',
  async run({ app, args: [name = '', from, to], options: { limit }, output }) {
    const options = {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(limit !== undefined && { limit }),
    }
    const known = (await versions(app)).filter((one) => one.name === name)
    const isProjection = known.some(({ kind }) => kind === 'projection')
    const comparison = (isProjection ? ofTables : ofDocuments)(app, { name, options }, output)
    const { isSame, reached, lacks } = await unlessForNow(comparison, () => isUnbuilt(app, name))
    const lagging = reached.filter((one) => one.position < one.end && (lacks || !isComparable(one)))
    for (const one of lagging) {
      const status = known.find(({ version }) => version === one.version)
      if (status) await output.say(laggingText(one, status))
    }
    return isSame && reached.every(isComparable) ? exitCodes.fine : exitCodes.no
  },
})

/** What came of a comparison. */
interface Compared {
  readonly isSame: boolean
  readonly reached: readonly Reached[]
  /** Whether something differs since one of the versions has seen less. */
  readonly lacks: boolean
}

/** What is to be compared. */
interface Asked {
  readonly name: string
  readonly options: DiffOptions
}

async function ofDocuments(app: App, { name, options }: Asked, output: Output): Promise<Compared> {
  const found = await diffOf(app, name, options)
  const { differences, ...counts } = found
  await output.tell(told(found), counts)
  await output.list(differences, {
    columns: [
      { head: 'TENANT', cell: ({ tenant }) => tenant },
      { head: 'KEY', cell: ({ key }) => key },
      { head: found.from, cell: (one) => text(one.from) },
      { head: found.to, cell: (one) => text(one.to) },
    ],
  })
  const { from, to, positions, different, onlyFrom, onlyTo, behind } = counts
  const { end } = positions
  return {
    isSame: different + onlyFrom + onlyTo + behind === 0,
    lacks: behind > 0,
    reached: [
      { version: from, position: positions.from, end },
      { version: to, position: positions.to, end },
    ],
  }
}

async function ofTables(app: App, { name, options }: Asked, output: Output): Promise<Compared> {
  const found = await diffTables(app, name, options)
  const { from, to, end, tables } = found
  await output.tell(
    `${name} ${from.version} is at position ${from.position}, and ${to.version} at ${to.position}.`,
    found,
  )
  await output.people(tables, {
    columns: [
      { head: 'TABLE', cell: ({ table }) => table },
      { head: `ROWS IN ${from.version}`, right: true, cell: (one) => one.from.rows },
      { head: `ROWS IN ${to.version}`, right: true, cell: (one) => one.to.rows },
      { head: `ONLY IN ${from.version}`, right: true, cell: (one) => one.from.only },
      { head: `ONLY IN ${to.version}`, right: true, cell: (one) => one.to.only },
    ],
  })
  for (const { table, version, row } of examplesOf(found))
    await output.say(`${table}, only in ${version}: ${jsonOf(row)}`)
  const isSame = tables.every((one) => one.from.only + one.to.only === 0)
  const reached = [from, to].map((one) => ({ ...one, end }))
  return { isSame, reached, lacks: !isSame }
}

function examplesOf({ from, to, tables }: TablesDiff) {
  return tables.flatMap((one) => [
    ...one.from.examples.map((row) => ({ table: one.table, version: from.version, row })),
    ...one.to.examples.map((row) => ({ table: one.table, version: to.version, row })),
  ])
}

function told({ name, from, to, same, different, onlyFrom, onlyTo, behind }: Diff): string {
  const moving =
    behind > 0 ? `; ${behind} differ while one version has not seen what the other has` : ''
  return `${name} ${from} and ${to}: ${same} documents are the same, ${different} are different, ${onlyFrom} are only in ${from}, ${onlyTo} only in ${to}${moving}.`
}

function text(state: unknown): string | undefined {
  return state === undefined ? undefined : jsonOf(state)
}
