import { parkedDetails } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { parkedAt, queue } from '../parked-events.ts'
import { jsonOf } from '../printing.ts'

/** What a parked event says. */
export const parkedShow: Command = command({
  name: 'parked show',
  summary: 'shows a parked event with its data and what went wrong',
  args: ['PROCESSOR', 'POSITION'],
  options: queue,
  example: 'annals parked show receipts 42',
  json: 'one line, as those of parked list, with event: { stream, version, at, schemaVersion, tags, data, metadata }',
  async run({ app, args, options, output }) {
    const details = await parkedDetails(app, await parkedAt(app, args, options.queue))
    const { processor, position, type, queue: ofQueue, attempts, error, event } = details
    await output.tell(
      `${type} of ${event.stream.category}/${event.stream.id}, version ${event.version}, position ${position}`,
      details,
    )
    await output.say(`  recorded  ${event.at.toISOString()}`)
    await output.say(`  data      ${jsonOf(event.data)}`)
    await output.say(`  metadata  ${jsonOf(event.metadata)}`)
    await output.say(`  parked    by ${processor}, in the queue ${ofQueue}`)
    await output.say(`  tried     ${attempts === 1 ? 'once' : `${attempts} times`}`)
    await output.say(`  error     ${error ?? 'none: it waits behind an event of its queue'}`)
  },
})
