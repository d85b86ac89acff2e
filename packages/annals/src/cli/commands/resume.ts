import { resume as resumeIn } from 'annals/operations'
import { command, type Command } from '../command.ts'

/** Lets a processor go on. */
export const resume: Command = command({
  name: 'resume',
  summary: 'lets a view, projection or subscription go on that was paused',
  args: ['PROCESSOR'],
  options: {},
  example: 'annals resume balances',
  json: 'one line, { processor, version, inline, paused: false }',
  async run({ app, args: [processor = ''], output }) {
    const { name, version, inline } = await resumeIn(app, processor)
    const goesOn = inline
      ? 'with every append, as it did while it was paused'
      : 'where some process runs it'
    await output.tell(`${name}@${version} goes on ${goesOn}.`, {
      processor: name,
      version,
      inline,
      paused: false,
    })
  },
})
