import { retry } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { chosen, every, queue } from '../parked-events.ts'

/** Tries parked events again. */
export const parkedRetry: Command = command({
  name: 'parked retry',
  summary: 'asks the process that runs a processor to try a parked event again now',
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
