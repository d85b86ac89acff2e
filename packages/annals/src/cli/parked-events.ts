import type { App } from 'annals'
import { parked, type ParkedEvent } from 'annals/operations'
import type { Option } from './command.ts'
import { NotThere, UsageError } from './failures.ts'

/** Which parked event is meant, where one was put aside for several documents. */
export const queue: { readonly queue: Option<'text'> } = {
  queue: {
    kind: 'text',
    value: 'QUEUE',
    help: 'of which queue, where the event is parked in several',
  },
}

/** Which parked events are meant, where all of them are. */
export const every: { readonly all: Option<'flag'> } = {
  all: {
    kind: 'flag',
    help: 'all that failed, or all of PROCESSOR; those that wait behind them go on',
  },
}

/** All parked events, a page at a time. */
export async function* everyParked(
  app: App,
  of: string | undefined,
): AsyncGenerator<ParkedEvent, void, undefined> {
  let page = await parked(app, of === undefined ? {} : { of })
  while (page.length > 0) {
    yield* page
    const after = page.at(-1)
    page = after ? await parked(app, { ...(of !== undefined && { of }), after }) : []
  }
}

/** The parked event of a processor at a position. */
export async function parkedAt(
  app: App,
  [processor = '', position = '']: readonly string[],
  wanted: string | undefined,
): Promise<ParkedEvent> {
  if (!/^\d+$/.test(position))
    throw new UsageError(
      position === ''
        ? 'name the PROCESSOR and the POSITION of a parked event, or say --all; annals parked lists them'
        : `POSITION is ${position}, and takes a whole number; annals parked lists the positions`,
    )
  const found: ParkedEvent[] = []
  for await (const event of everyParked(app, processor))
    if (event.position === Number(position) && event.queue === (wanted ?? event.queue))
      found.push(event)
  const [first, second] = found
  if (!first)
    throw new NotThere(
      `${processor} has no parked event at position ${position}${wanted === undefined ? '' : ` in the queue ${wanted}`}; annals parked lists what is parked`,
    )
  if (second)
    throw new UsageError(
      `the event at position ${position} is parked in several queues of ${processor}; name one by --queue: ${found.map((one) => one.queue).join(', ')}`,
    )
  return first
}

/** The parked events that `retry` and `discard` are about: one, or where that is said all that failed. Those behind go on then. */
export async function* chosen(
  app: App,
  args: readonly string[],
  options: { readonly all?: boolean; readonly queue?: string },
): AsyncGenerator<ParkedEvent, void, undefined> {
  const [processor, position] = args
  if (!options.all) {
    yield await parkedAt(app, args, options.queue)
    return
  }
  if (position !== undefined || options.queue !== undefined)
    throw new UsageError('--all means every position and queue; leave out --all, or the other one')
  for await (const event of everyParked(app, processor)) if (event.attempts > 0) yield event
}
