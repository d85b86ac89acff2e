import { history } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { NotThere } from '../failures.ts'
import { ofTenant, tenant } from '../options.ts'
import { jsonOf } from '../printing.ts'

/** The history of an aggregate. */
export const show: Command = command({
  name: 'show',
  summary: 'lists the events of an aggregate, with the state after each',
  args: ['CATEGORY/ID'],
  options: {
    ...tenant,
    until: { kind: 'whole', value: 'VERSION', help: 'as of this version' },
    at: { kind: 'time', value: 'TIME', help: 'as of this time, like 2026-01-31T12:00:00Z' },
  },
  example: 'annals show account/acc-1 --at 2026-01-31T12:00:00Z',
  json: 'a line for each event, { event, state }; the last one has the state that was asked for',
  async run({ app, args: [stream = ''], options, output, signal }) {
    const { until, at } = options
    const acting = ofTenant(app, options.tenant).with({ signal })
    const found = history(acting, stream, {
      ...(until !== undefined && { until }),
      ...(at !== undefined && { at }),
    })
    const count = await output.list(found, {
      columns: [
        { head: 'VERSION', right: true, cell: ({ event }) => event.version },
        { head: 'POSITION', right: true, cell: ({ event }) => event.position },
        { head: 'AT', cell: ({ event }) => event.at.toISOString() },
        { head: 'BY', cell: ({ event }) => event.metadata.actor },
        { head: 'TYPE', cell: ({ event }) => event.type },
        { head: 'DATA', cell: ({ event }) => jsonOf(event.data) },
        { head: 'STATE', cell: ({ state }) => jsonOf(state) },
      ],
    })
    if (count === 0) throw new NotThere(nothingOf(stream, options))
  },
})

function nothingOf(
  stream: string,
  {
    until,
    at,
    tenant: name,
  }: {
    readonly until?: number | undefined
    readonly at?: Date | undefined
    readonly tenant?: string | undefined
  },
): string {
  const asOf = [
    ...(until === undefined ? [] : [` up to version ${until}`]),
    ...(at === undefined ? [] : [` up to ${at.toISOString()}`]),
  ].join('')
  const whose = name === undefined ? '' : ` of the tenant ${name}`
  const hint =
    name === undefined ? '; look at the id, or name the tenant by --tenant' : '; look at the id'
  return `${stream}${whose} has no event${asOf}${hint}`
}
