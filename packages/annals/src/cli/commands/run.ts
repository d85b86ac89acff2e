import { InvalidError } from 'annals'
import { runCommand } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { UsageError } from '../failures.ts'
import { tenant } from '../options.ts'
import { jsonOf } from '../printing.ts'

/** A command of an aggregate. */
export const run: Command = command({
  name: 'run',
  summary: 'runs a command that was made with command(schema, …)',
  args: ['CATEGORY/ID', 'COMMAND', '[JSON]'],
  options: {
    ...tenant,
    actor: { kind: 'text', value: 'NAME', help: 'who asks for it, to be recorded with the events' },
    expect: { kind: 'whole', value: 'VERSION', help: 'refuses unless it is at this version' },
    once: {
      kind: 'text',
      value: 'KEY',
      help: 'has its effect once, however often it is run with this key',
    },
  },
  example: `annals run account/acc-1 deposit '{"amount": 10}' --actor ann`,
  json: 'one line, { stream, version, position, repeated, state, events }',
  async run({ app, args: [stream = '', name = '', text], options, output, signal }) {
    const { tenant: whose, actor, expect, once } = options
    const acting = app.with({
      signal,
      ...(whose !== undefined && { tenant: whose }),
      ...(actor !== undefined && { actor }),
    })
    const argument = text === undefined ? undefined : parsedJson(text)
    const done = await runCommand(
      acting,
      { stream, command: name, ...(text !== undefined && { argument }) },
      { ...(expect !== undefined && { version: expect }), ...(once !== undefined && { once }) },
    ).catch((error: unknown) => {
      const isOfArgument =
        error instanceof InvalidError && error.code === 'ANNALS_NOT_JSON' && isUnkeepable(argument)
      throw isOfArgument ? new UsageError(error.message, { cause: error }) : error
    })
    const { version, position, repeated, state, events } = done
    await output.tell(
      `${stream} is at version ${version}${repeated ? ', as it was when this was run before' : ''}: ${jsonOf(state)}`,
      { stream, version, position, repeated, state, events },
    )
    for (const { type, data } of events) await output.say(`  ${type} ${jsonOf(data)}`)
  },
})

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new UsageError(
      `${text} is no JSON; write the argument like '{"amount": 10}', and a text in double quotes within single ones`,
      { cause: error },
    )
  }
}

/** Whether a value was written as JSON that events cannot hold: half a surrogate pair, or -0. */
function isUnkeepable(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed()
  if (typeof value !== 'object' || value === null) return Object.is(value, -0)
  return Object.entries(value).some(([key, part]) => isUnkeepable(key) || isUnkeepable(part))
}
