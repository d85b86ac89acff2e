import type { Command, Options } from './command.ts'
import { common } from './options.ts'

/** What the command line can do. */
export function overview(commands: readonly Command[]): string {
  return `annals COMMAND [options]

Operates the app that annals.config.ts exports: export default () => annals({ store, … })

${columns(commands.map((command) => [usage(command), command.summary]))}
Options of every command:
${described(common)}
Exit codes:
${columns([
  ['0', 'fine'],
  ['1', 'the answer is no: not healthy, rejected, not there, not now'],
  ['2', 'the command line or the config file has to be changed'],
  ['3', 'the store cannot be reached, or not be used as it is'],
  ['4', 'something else failed'],
  ['130', 'interrupted by Ctrl-C'],
])}
annals COMMAND --help says more, with an example. annals --version says which version this is.
`
}

/** How a command is used. */
export function helpOf(command: Command): string {
  const { summary, more, options, example, json } = command
  return `annals ${usage(command)} [options]

${summary[0]?.toUpperCase()}${summary.slice(1)}.${more === undefined ? '' : ` ${more}`}

${described({ ...options, ...common })}
With --json: ${json}.

Example:
  ${example}
`
}

function usage({ name, args }: Command): string {
  return [name, ...args].join(' ')
}

function described(options: Options): string {
  return columns(
    Object.entries(options).map(([name, { value, help }]) => [
      [`--${name}`, ...(value === undefined ? [] : [value])].join(' '),
      help,
    ]),
  )
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join('')
}
