import { why as whyOf } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { NotThere } from '../failures.ts'
import { ofTenant, tenant } from '../options.ts'
import { jsonOf } from '../printing.ts'

/** What made a document. */
export const why: Command = command({
  name: 'why',
  summary: 'lists the events that made a document of a view',
  more: 'It reads all events of the types that the view handles, so it takes as long as making the view anew.',
  args: ['VIEW', 'KEY'],
  options: tenant,
  example: 'annals why balances acc-1',
  json: 'a line for each event, { event, state, kept }; kept tells whether the document that is kept has it',
  async run({ app, args: [view = '', key = ''], options, output, signal }) {
    const reasons = whyOf(ofTenant(app, options.tenant).with({ signal }), view, key)
    const count = await output.list(reasons, {
      columns: [
        { head: 'POSITION', right: true, cell: ({ event }) => event.position },
        { head: 'AT', cell: ({ event }) => event.at.toISOString() },
        { head: 'STREAM', cell: ({ event: { stream } }) => `${stream.category}/${stream.id}` },
        { head: 'VERSION', right: true, cell: ({ event }) => event.version },
        { head: 'TYPE', cell: ({ event }) => event.type },
        { head: 'DATA', cell: ({ event }) => jsonOf(event.data) },
        { head: 'STATE', cell: ({ state }) => jsonOf(state) },
        { head: 'KEPT', cell: ({ kept }) => (kept ? 'yes' : 'not yet') },
      ],
    })
    if (count === 0)
      throw new NotThere(
        `no event made a document ${key} of the view ${view}; look at the key${options.tenant === undefined ? ', or name the tenant by --tenant' : ''}`,
      )
  },
})
