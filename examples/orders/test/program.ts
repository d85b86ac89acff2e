import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const flags = ['--conditions=annals-source', '--disable-warning=ExperimentalWarning']

/** The program as `npm start` runs it, without waiting for anything. */
export function run(args: readonly string[], url = '') {
  const env = { ...process.env, DATABASE_URL: url }
  const program = spawn(process.execPath, [...flags, main, ...args], { env })
  const complaint = text(program.stderr)
  const ended = once(program, 'exit').then(async ([code]) => ({
    code: code as number | null,
    complaint: await complaint,
  }))
  return { program, ended }
}

/** A program that serves its page. */
export interface Serving {
  readonly url: string
  readonly port: string
  /** Asks it to stop, and gives how it ended. */
  stop(
    signal?: NodeJS.Signals,
  ): Promise<{ readonly code: number | null; readonly complaint: string }>
}

/** Starts the program, and waits for its page. */
export async function serving(args: readonly string[], databaseUrl?: string): Promise<Serving> {
  const { program, ended } = run(['--port', '0', ...args], databaseUrl)
  for await (const line of createInterface(program.stdout)) {
    const [url, port] = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(line) ?? []
    if (url === undefined || port === undefined) continue
    program.stdout.resume()
    return {
      url,
      port,
      stop: (signal = 'SIGTERM') => {
        program.kill(signal)
        return ended
      },
    }
  }
  throw new Error(`the program ended without a page: ${(await ended).complaint}`)
}
