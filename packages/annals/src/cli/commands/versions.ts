import { versions as versionsOf } from 'annals/operations'
import { command, type Command } from '../command.ts'

/** All versions that the store knows. */
export const versions: Command = command({
  name: 'versions',
  summary: 'lists the versions of all views, projections and subscriptions that the store knows',
  more: 'Also those of other programs, and of those that were before.',
  args: [],
  options: {},
  example: 'annals versions',
  json: 'a line for each, { kind, name, version, live, declared, runners, lag }',
  async run({ app, output }) {
    await output.list(await versionsOf(app), {
      columns: [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'VERSION', cell: ({ version }) => version },
        { head: 'KIND', cell: ({ kind }) => kind },
        { head: 'LIVE', cell: ({ live }) => (live ? 'live' : undefined) },
        { head: 'DECLARED', cell: ({ declared }) => (declared ? 'by the app' : undefined) },
        { head: 'RUN BY', right: true, cell: ({ runners }) => runners },
        { head: 'LAG', right: true, cell: ({ lag }) => lag },
      ],
      none: 'The store knows no view, projection or subscription.',
    })
  },
})
