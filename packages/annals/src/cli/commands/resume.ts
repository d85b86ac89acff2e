import { resume as resumeIn } from 'annals/operations'
import { command, type Command } from '../command.ts'

/** Lets a processor go on. */
export const resume: Command = command({
  name: 'resume',
  summary: 'lets a view, projection or subscription go on that was paused',
  args: ['PROCESSOR'],
  options: {},
  example: 'annals resume balances',
  json: 'one line, { processor, paused: false }',
  async run({ app, args: [processor = ''], output }) {
    await resumeIn(app, processor)
    await output.tell(`${processor} goes on where some process runs it.`, {
      processor,
      paused: false,
    })
  },
})
