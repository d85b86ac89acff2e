import { rawEvents } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { eventColumns, queryOf } from '../event-rows.ts'
import { ofTenant, which } from '../options.ts'

/** The events of the store. */
export const read: Command = command({
  name: 'read',
  summary: 'lists events as they are stored',
  more: 'All of them, those of a category, or those of a stream; also of types that the app does not declare.',
  args: ['[CATEGORY[/ID]]'],
  options: {
    ...which,
    after: { kind: 'whole', value: 'POSITION', help: 'events after this position' },
    until: { kind: 'whole', value: 'POSITION', help: 'events up to this position' },
    limit: { kind: 'whole', value: 'COUNT', help: 'the most to list, from the first' },
    last: { kind: 'whole', value: 'COUNT', help: 'only the last so many' },
  },
  example: 'annals read account/acc-1 --last 20',
  json: 'a line for each event, { position, tenant, stream: { category, id }, version, type, schemaVersion, data, id, at, tags, metadata }',
  async run({ app, args: [place], options, output, signal }) {
    const { tenant, after, until, limit, last } = options
    const range = {
      ...(after !== undefined && { after }),
      ...(until !== undefined && { until }),
      ...(limit !== undefined && { limit }),
      ...(last !== undefined && { last }),
    }
    const found = rawEvents(ofTenant(app, tenant), queryOf(place, options), { ...range, signal })
    await output.list(found, { columns: eventColumns, none: 'There is no such event.' })
  },
})
