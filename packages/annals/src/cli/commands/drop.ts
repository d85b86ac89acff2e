import { drop as dropIn } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { isKept, unlessForNow } from '../for-now.ts'

/** Forgets a version. */
export const drop: Command = command({
  name: 'drop',
  summary: 'forgets a version of a view, projection or subscription for ever, with all that it has',
  more: 'After a roll-out it is for the version before, when nobody will go back to it.',
  args: ['NAME', 'VERSION'],
  options: {
    live: {
      kind: 'flag',
      help: 'also the version that is live, where no program keeps it any more',
    },
  },
  example: 'annals drop balances 1.1',
  json: 'one line, { name, version, dropped: true }',
  async run({ app, args: [name = '', version = ''], options: { live }, output }) {
    await unlessForNow(dropIn(app, name, version, live === undefined ? {} : { live }), () =>
      isKept(app, { name, version, live: live === true }),
    )
    await output.tell(`${name}@${version} is dropped.`, { name, version, dropped: true })
  },
})
