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
import { jsonOf } from '../printing.ts'

/** Compares two versions of a view. */
export const diff: Command = command({
  name: 'diff',
  summary: 'compares two versions of a view, or of a projection',
  more: 'By default the newest with the one before. Of a view it compares documents, of all tenants; of a projection the rows of its tables. It ends with 1 where they are not the same.',
  args: ['NAME', '[FROM]', '[TO]'],
  options: {
    limit: {
      kind: 'whole',
      value: 'COUNT',
      help: 'how many documents, or rows of each table, to show; 20',
    },
  },
  example: 'annals diff balances 1.1 1.2',
  json: '{ name, from, to, same, different, onlyFrom, onlyTo, behind }, then a { tenant, key, from, to } for each of the first documents that differ; of a projection { name, from, to, tables }',
  async run({ app, args: [name = '', from, to], options: { limit }, output }) {
    const options = {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(limit !== undefined && { limit }),
    }
    const isProjection = (await versions(app)).some(
      (one) => one.name === name && one.kind === 'projection',
    )
    const isSame = await (isProjection ? ofTables : ofDocuments)(app, name, options, output)
    return isSame ? exitCodes.fine : exitCodes.no
  },
})

async function ofDocuments(
  app: App,
  name: string,
  options: DiffOptions,
  output: Output,
): Promise<boolean> {
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
  const { different, onlyFrom, onlyTo, behind } = counts
  return different + onlyFrom + onlyTo + behind === 0
}

async function ofTables(
  app: App,
  name: string,
  options: DiffOptions,
  output: Output,
): Promise<boolean> {
  const found = await diffTables(app, name, options)
  const { from, to, tables } = found
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
  return tables.every((one) => one.from.only + one.to.only === 0)
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
