import { rawEvents } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { eventColumns, queryOf } from '../event-rows.ts'
import { ofTenant, which } from '../options.ts'

/** Events as they come. */
export const tail: Command = command({
  name: 'tail',
  summary: 'lists the last events, and new ones as they come',
  more: 'It ends with Ctrl-C.',
  args: ['[CATEGORY[/ID]]'],
  options: {
    ...which,
    last: {
      kind: 'whole',
      value: 'COUNT',
      help: 'how many of those that are there; 10 by default',
    },
    after: {
      kind: 'whole',
      value: 'POSITION',
      help: 'begins with the first event after this position instead',
    },
  },
  example: 'annals tail account --type MoneyDeposited',
  json: 'a line for each event, as those of read',
  async run({ app, args: [place], options, output, signal }) {
    const { tenant, after, last = after === undefined ? 10 : undefined } = options
    const found = rawEvents(ofTenant(app, tenant), queryOf(place, options), {
      ...(after !== undefined && { after }),
      ...(last !== undefined && { last }),
      live: true,
      signal,
    })
    try {
      await output.list(found, { columns: eventColumns, atOnce: true })
    } catch (error) {
      // it has no other end
      if (!signal.aborted) throw error
    }
  },
})
