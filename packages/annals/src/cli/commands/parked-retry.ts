import { retry } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { chosen, every, queue } from '../parked-events.ts'

/** Tries parked events again. */
export const parkedRetry: Command = command({
  name: 'parked retry',
  summary: 'asks for a parked event, or all, to be tried again now',
  more: 'The process that runs the processor does it within seconds, and goes on with what waits behind.',
  args: ['[PROCESSOR]', '[POSITION]'],
  options: { ...queue, ...every },
  example: 'annals parked retry receipts 42',
  json: 'a line for each, as those of parked list, with asked: true, or false where it is not parked any more',
  async run({ app, args, options, output }) {
    let count = 0
    for await (const event of chosen(app, args, options)) {
      const asked = await retry(app, event)
      const { processor, position } = event
      const line = asked
        ? `${processor} is asked to try position ${position} again; the process that runs it does so within seconds.`
        : `${processor} has nothing parked at position ${position} any more.`
      await output.tell(line, { ...event, asked })
      count++
    }
    if (count === 0) await output.say('Nothing is parked.')
  },
})
