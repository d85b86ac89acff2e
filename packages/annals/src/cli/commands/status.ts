import { status as statusOf, type ProcessorStatus, type StoreStatus } from 'annals/operations'
import { command, type Command } from '../command.ts'
import type { Output } from '../output.ts'

/** How far the log and each processor are. */
export const status: Command = command({
  name: 'status',
  summary: 'says how far the log is, and all that follows it',
  args: [],
  options: {},
  example: 'annals status',
  json: '{ log: { head, settled, holders } }, then a { processor: { kind, name, version, live, state, position, lag, slices, parked, error } } each',
  async run({ app, output }) {
    const { store, processors } = await statusOf(app)
    await tellLog(output, store)
    await output.list(processors, {
      columns: [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'KIND', cell: ({ kind }) => kind },
        { head: 'VERSION', cell: ({ version }) => version },
        { head: 'LIVE', cell: ({ live }) => (live ? 'live' : undefined) },
        { head: 'STATE', cell: ({ state }) => state },
        { head: 'POSITION', right: true, cell: ({ position }) => position },
        { head: 'LAG', right: true, cell: ({ lag }) => lag },
        { head: 'PARKED', right: true, cell: ({ parked }) => parked.events },
        { head: 'STUCK', right: true, cell: ({ parked }) => parked.stuck },
        { head: 'RUN BY', cell: runBy },
      ],
      json: (processor) => ({ processor }),
      none: 'The app keeps no view, projection or subscription.',
    })
    for (const { name, error } of processors)
      if (error !== undefined) await output.say(`${name}: ${error}`)
  },
})

async function tellLog(output: Output, log: StoreStatus): Promise<void> {
  const { head, settled, holders } = log
  await output.tell(`The log is at ${head}, and settled up to ${settled}.`, { log })
  for (const { connection, seconds, doing } of holders)
    await output.say(
      `The connection ${connection} holds it, for ${Math.round(seconds)} s: ${doing}`,
    )
  await output.say('')
}

function runBy({ slices }: ProcessorStatus): string | undefined {
  const owners = new Set(slices.flatMap(({ owner }) => owner ?? []))
  return owners.size === 0 ? undefined : [...owners].join(', ')
}
