import { readFileSync } from 'node:fs'
import type { App } from 'annals'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { exitCodeOf, exitCodes, lineOf, UsageError } from './failures.ts'
import { helpOf, overview } from './help.ts'
import { nearest } from './nearest.ts'
import { Output } from './output.ts'
import { parsed } from './parsing.ts'

/** What the command line has to do with. */
export interface Surroundings {
  /** The app of a config file; of the one in the working folder where none is named. */
  readonly app: (file: string | undefined) => Promise<App>
  /** Writes to who reads the output; there when more can be written. */
  readonly out: (text: string) => Promise<void>
  /** Whether a person sees it on a terminal. */
  readonly isTerminal: boolean
  /** How wide the terminal is now; nothing, or 0, where it does not say. */
  readonly columns?: () => number | undefined
  /** Writes to who looks at errors. */
  readonly err: (text: string) => void
  /** Ends what is going on. */
  readonly signal: AbortSignal
}

/** Runs a command line, and gives its exit code. It never fails: errors are a line each. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { err, signal } = surroundings
  try {
    return (await run(argv, surroundings)) ?? exitCodes.fine
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted
    err(`annals: ${lineOf(error)}\n`)
    return exitCodeOf(error)
  }
}

async function run(given: readonly string[], surroundings: Surroundings): Promise<number | void> {
  const { app: open, out, isTerminal, columns, signal } = surroundings
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const [first = '--help'] = argv
  if (first === '--version') return out(`${ownVersion()}\n`)
  if (first === '--help' || first === '-h') return out(overview(commands))
  const { command, rest } = commandOf(argv)
  const { args, options } = parsed(command, rest)
  if (options.help) return out(helpOf(command))
  const app = await open(options.config)
  try {
    const output = new Output(out, { json: options.json ?? false, redraws: isTerminal, columns })
    return await command.run({ app, args, options, output, signal })
  } finally {
    await app.close()
  }
}

/** The command that the first word names, or the first two. */
function commandOf(argv: readonly string[]): {
  readonly command: Command
  readonly rest: readonly string[]
} {
  const [first = '', second = ''] = argv
  const names = commands.map(({ name }) => name)
  const ofGroup = names.filter((name) => name.startsWith(`${first} `))
  // a group by itself is its first command
  const isAlone = second === '' || second.startsWith('-')
  const isWhole = ofGroup.length > 0 && !isAlone
  const name = isWhole ? `${first} ${second}` : (ofGroup[0] ?? first)
  const command = commands.find((one) => one.name === name)
  if (command) return { command, rest: argv.slice(isWhole ? 2 : 1) }
  if (first.startsWith('-'))
    throw new UsageError(`the command comes first, and ${first} behind it; see annals --help`)
  const near = nearest(name, names)
  throw new UsageError(
    `there is no command ${name}; ${near === undefined ? 'see annals --help' : `did you mean ${near}?`}`,
  )
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
