import { health as healthOf } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { exitCodes } from '../failures.ts'

/** Whether all is well, for a probe. */
export const health: Command = command({
  name: 'health',
  summary: 'says what is wrong, and exits with 1 where anything is',
  args: [],
  options: {
    lag: {
      kind: 'whole',
      value: 'POSITIONS',
      help: 'how far a processor may be behind; any number by default',
    },
  },
  example: 'annals health --lag 10000',
  json: 'one line, { healthy, problems }',
  async run({ app, options: { lag }, output }) {
    const { healthy, problems } = await healthOf(app, lag === undefined ? {} : { lag })
    await output.row({ healthy, problems })
    for (const line of healthy ? ['healthy'] : problems) await output.say(line)
    return healthy ? exitCodes.fine : exitCodes.no
  },
})
