import { diff as diffOf, type Diff } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { exitCodes } from '../failures.ts'
import { jsonOf } from '../printing.ts'

/** Compares two versions of a view. */
export const diff: Command = command({
  name: 'diff',
  summary: 'compares the documents of two versions of a view, of all tenants',
  more: 'By default the newest with the one before. It ends with 1 where they are not the same.',
  args: ['VIEW', '[FROM]', '[TO]'],
  options: {
    limit: { kind: 'whole', value: 'COUNT', help: 'how many documents to show; 20' },
  },
  example: 'annals diff balances 1.1 1.2',
  json: '{ name, from, to, same, different, onlyFrom, onlyTo, behind }, then a { tenant, key, from, to } for each of the first documents that differ',
  async run({ app, args: [view = '', from, to], options: { limit }, output }) {
    const found = await diffOf(app, view, {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(limit !== undefined && { limit }),
    })
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
    return different + onlyFrom + onlyTo + behind > 0 ? exitCodes.no : exitCodes.fine
  },
})

function told({ name, from, to, same, different, onlyFrom, onlyTo, behind }: Diff): string {
  const moving =
    behind > 0 ? `; ${behind} differ while one version has not seen what the other has` : ''
  return `${name} ${from} and ${to}: ${same} documents are the same, ${different} are different, ${onlyFrom} are only in ${from}, ${onlyTo} only in ${to}${moving}.`
}

function text(state: unknown): string | undefined {
  return state === undefined ? undefined : jsonOf(state)
}
