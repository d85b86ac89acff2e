import { pause as pauseIn } from 'annals/operations'
import { command, type Command } from '../command.ts'

/** Stops a processor. */
export const pause: Command = command({
  name: 'pause',
  summary: 'stops a view, projection or subscription in all processes, until resume',
  more: 'It is the version that the app declares. One that is inline goes on with the appends, and stands still where it follows.',
  args: ['PROCESSOR'],
  options: {},
  example: 'annals pause balances',
  json: 'one line, { processor, version, inline, paused: true }',
  async run({ app, args: [processor = ''], output }) {
    const { name, version, inline } = await pauseIn(app, processor)
    const paused = inline
      ? 'is inline: every append goes on keeping it. It is paused where it is followed in the background'
      : 'is paused in all processes'
    await output.tell(`${name}@${version} ${paused}, until: annals resume ${name}@${version}`, {
      processor: name,
      version,
      inline,
      paused: true,
    })
  },
})
