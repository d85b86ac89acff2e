import { migrate as migrateIn, migrationSql } from 'annals/operations'
import { command, type Command } from '../command.ts'

/** Brings the tables of the store to this version. */
export const migrate: Command = command({
  name: 'migrate',
  summary: 'brings the tables of the store to this version',
  more: 'It does so whatever the store is told by migrate: false. The tables of a view or projection are made by who starts with it first.',
  args: [],
  options: {
    print: {
      kind: 'flag',
      help: 'prints the SQL that does so, to be run by hand, and connects to nothing',
    },
  },
  example: 'annals migrate',
  json: 'a line for each migration that was missing, { applied }',
  async run({ app, options: { print }, output }) {
    if (print) return output.text(migrationSql(app))
    await output.list(await migrateIn(app), {
      columns: [{ head: 'APPLIED', cell: (name) => name }],
      json: (applied) => ({ applied }),
      none: 'There is nothing to apply.',
    })
  },
})
