import { pause as pauseIn } from 'annals/operations'
import { command, type Command } from '../command.ts'

/** Stops a processor. */
export const pause: Command = command({
  name: 'pause',
  summary: 'stops a view, projection or subscription in all processes, until resume',
  more: 'One that is inline goes on with the appends.',
  args: ['PROCESSOR'],
  options: {},
  example: 'annals pause balances',
  json: 'one line, { processor, paused: true }',
  async run({ app, args: [processor = ''], output }) {
    await pauseIn(app, processor)
    await output.tell(
      `${processor} is paused in all processes, until: annals resume ${processor}`,
      { processor, paused: true },
    )
  },
})
