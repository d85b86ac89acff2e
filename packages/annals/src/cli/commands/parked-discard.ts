import { discard } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { chosen, every, queue } from '../parked-events.ts'

/** Drops parked events. */
export const parkedDiscard: Command = command({
  name: 'parked discard',
  summary: 'asks for a parked event, or all, to be dropped for ever',
  more: 'The process that runs the processor does it within seconds, and goes on with what waits behind.',
  args: ['[PROCESSOR]', '[POSITION]'],
  options: { ...queue, ...every },
  example: 'annals parked discard receipts 42',
  json: 'a line for each, as those of parked list, with asked: true, or false where it is not parked any more',
  async run({ app, args, options, output }) {
    let count = 0
    for await (const event of chosen(app, args, options)) {
      const asked = await discard(app, event)
      const { processor, position } = event
      const line = asked
        ? `${processor} is asked to drop position ${position} for ever; the process that runs it does so within seconds.`
        : `${processor} has nothing parked at position ${position} any more.`
      await output.tell(line, { ...event, asked })
      count++
    }
    if (count === 0) await output.say('Nothing is parked.')
  },
})
