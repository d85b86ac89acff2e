import { command, type Command } from '../command.ts'
import { everyParked } from '../parked-events.ts'

/** What was put aside. */
export const parkedList: Command = command({
  name: 'parked list',
  summary: 'lists the events that could not be handled',
  more: 'It waits in front of those of its queue, which are listed too.',
  args: ['[PROCESSOR]'],
  options: {},
  example: 'annals parked list receipts',
  json: 'a line for each, { processor, version, tenant, queue, position, eventId, type, attempts, error, at, next, request }',
  async run({ app, args: [processor], output }) {
    await output.list(everyParked(app, processor), {
      columns: [
        { head: 'PROCESSOR', cell: (event) => event.processor },
        { head: 'POSITION', right: true, cell: ({ position }) => position },
        { head: 'TYPE', cell: ({ type }) => type },
        { head: 'QUEUE', cell: ({ tenant, queue }) => `${tenant && `${tenant}: `}${queue}` },
        { head: 'TRIED', right: true, cell: ({ attempts }) => attempts },
        { head: 'PARKED AT', cell: ({ at }) => at.toISOString() },
        { head: 'TRIED AGAIN', cell: ({ next, request }) => request ?? next?.toISOString() },
        { head: 'ERROR', cell: ({ error }) => error ?? 'waits behind the one before' },
      ],
      none: 'Nothing is parked.',
    })
  },
})
