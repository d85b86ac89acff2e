import { exec } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serving, type Serving } from '../test/program.ts'

let folder = ''
let server: Serving

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-orders-readme-'))
  server = await serving(['--file', join(folder, 'orders.db')])
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

/** Each command of a text, and the lines that it is said to print. */
function commandsOf(text: string) {
  const blocks = [...text.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, block = '']) => block)
  return blocks.flatMap((block) =>
    block.split(/^\$ /m).flatMap((part) => {
      const [command = '', ...printed] = part.trimEnd().split('\n')
      return command === '' ? [] : [{ command, printed }]
    }),
  )
}

/** What a command prints, line by line. That curl stops following when its time is over is no failure. */
function linesOf(command: string) {
  const here = command.replaceAll('localhost:3000', `127.0.0.1:${server.port}`)
  return new Promise<readonly string[]>((resolve) => {
    exec(here, (_, printed) => resolve(printed.split(/\r?\n/)))
  })
}

/** A line without the time in it. */
const timeless = (line: string) => line.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')

test('the commands of the README print what it says, but for headers that it leaves out', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const commands = commandsOf(readme)
  expect(commands.length).toBeGreaterThan(5)
  for (const { command, printed } of commands) {
    const said = printed.filter((line) => line !== '').map(timeless)
    const lines = (await linesOf(command)).map(timeless)
    expect(said, command).not.toEqual([])
    expect(
      lines.filter((line) => said.includes(line)),
      command,
    ).toEqual(said)
  }
})

test('the screenshot is small', async () => {
  expect((await stat(new URL('../screenshot.png', import.meta.url))).size).toBeLessThan(150_000)
})
