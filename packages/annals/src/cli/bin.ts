#!/usr/bin/env node
import { once } from 'node:events'
import { appOf } from './config-file.ts'
import { exitCodes } from './failures.ts'
import { main } from './main.ts'

const { argv, stderr, stdout } = process
const ending = new AbortController()
let unwritten: NodeJS.ErrnoException | undefined

// what the program prints is not what was asked for, which others may parse
const write = stdout.write.bind(stdout)
stdout.write = stderr.write.bind(stderr)

// a second Ctrl-C ends the process at once
process.once('SIGINT', () => ending.abort())
process.once('SIGTERM', () => ending.abort())

stdout.on('error', (error: NodeJS.ErrnoException) => {
  unwritten ??= error
  ending.abort()
})
stderr.on('error', () => undefined) // nobody can be told, but by the exit code

// what Node says of its own features is nothing that the operator can change
process.removeAllListeners('warning')
process.on('warning', (warning: NodeJS.ErrnoException) => {
  const isOfNode =
    warning.name === 'ExperimentalWarning' ||
    warning.code === 'MODULE_TYPELESS_PACKAGE_JSON' ||
    warning.message.startsWith('Failed to load the ES module') // the error says more
  if (!isOfNode) stderr.write(`annals: ${warning.name}: ${warning.message}\n`)
})

async function out(text: string): Promise<void> {
  if (unwritten || write(text)) return
  await once(stdout, 'drain', { signal: ending.signal })
}

function endOf(code: number): number {
  if (!unwritten) return code
  if (unwritten.code === 'EPIPE') return exitCodes.fine // as in `annals tail | head`
  stderr.write(`annals: the output cannot be written: ${unwritten.message}\n`)
  return exitCodes.failed
}

const code = await main(argv.slice(2), {
  app: (file) => appOf(process.cwd(), file),
  out,
  isTerminal: stdout.isTTY,
  columns: () => stdout.columns,
  err: (text) => void stderr.write(text),
  signal: ending.signal,
})
// what the config file holds open beside the store, such as a pool of its own, would keep the process
write('', () => process.exit(endOf(code)))
