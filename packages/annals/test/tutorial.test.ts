// The tutorial is followed as a reader would, in a folder of its own: its files are written, its commands are run, and what they
// print must be what the page says. An ellipsis stands for any text, and alone on a line for any lines.
//
//   <!-- terminal N -->           this command goes on in a terminal of its own
//   <!-- in any order -->         these lines are printed in this order or another
//   <!-- one terminal -->         one of the terminals prints this, which is the one that `kill` means afterwards
//   <!-- the other terminal -->   the other one prints this
//
// Packages are those of the workspace and the database is one of the test's own, so lines that begin with npm or export are left out.

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocksOf, type Block, type Page } from './blocks.ts'
import { serverUrl } from './postgres-place.ts'

const workspace = resolve(import.meta.dirname, '../../..')
const database = `tutorial_${process.pid}`
const run = promisify(execFile)

const pages: readonly Page[] = ['index', 'rules', 'file', 'postgres', 'view', 'follower'].map(
  (name) => ({
    name,
    text: readFileSync(join(workspace, `docs/tutorial/${name}.md`), 'utf8'),
  }),
)

/** A process that goes on, and what it has printed. */
interface Terminal {
  readonly child: ChildProcess
  printed: string
}

const terminals: Terminal[] = []
let place = ''

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'annals-tutorial-'))
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(workspace, 'node_modules'), join(place, 'node_modules'))
  await onServer(`create database ${database}`)
})

afterAll(async () => {
  for (const { child } of terminals) child.kill('SIGKILL')
  rmSync(place, { recursive: true })
  await onServer(`drop database if exists ${database} with (force)`)
})

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(sql)
  await client.end()
}

test('all files compile, on each page with those of the pages before', async () => {
  const folder = join(workspace, '.docs-blocks-tutorial')
  rmSync(folder, { recursive: true, force: true })
  const files = new Map<string, string>()
  for (const page of pages) {
    for (const { title, code } of blocksOf(page)) if (title !== undefined) files.set(title, code)
    mkdirSync(join(folder, page.name), { recursive: true })
    for (const [name, code] of files) writeFileSync(join(folder, page.name, name), code)
  }
  const config = { extends: '../tsconfig.base.json', include: ['**/*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(workspace, 'node_modules/typescript/bin/tsc')
  const { stdout } = await run(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
  }).catch((failed: { readonly stdout: string }) => failed)
  expect(stdout).toBe('')
})

test.each(pages)('what is done on page $name prints what the page says', async (page) => {
  const blocks = blocksOf(page)
  expect(blocks).not.toEqual([])
  for (const [index, block] of blocks.entries()) await take(block, blocks[index + 1])
  // a page that prints something without a command would not be looked at
  const previous = blocks.map((_, index) => blocks[index - 1]?.language)
  const alone = blocks.filter(({ language, mark }, index) => {
    return language === 'text' && previous[index] !== 'sh' && !isOfTerminals(mark)
  })
  expect(alone).toEqual([])
})

/** Whether a block is what one of the terminals prints after a while. */
function isOfTerminals(mark: string): boolean {
  return mark.endsWith('terminal')
}

async function take(block: Block, next: Block | undefined): Promise<void> {
  if (block.title !== undefined) writeFileSync(join(place, block.title), block.code)
  else if (block.language === 'sh') await follow(block, next)
  else if (isOfTerminals(block.mark)) await awaitTerminal(block)
}

async function follow(block: Block, next: Block | undefined): Promise<void> {
  const prints = next?.language === 'text' && !isOfTerminals(next.mark) ? next : undefined
  if (/^terminal \d$/.test(block.mark)) {
    await begin(block.code, prints?.code ?? '')
    return
  }
  const commands = block.code.split('\n').filter((line) => !/^(?:npm|export) /.test(line))
  const { stdout } = await run('bash', ['-c', commands.map(withProcessId).join('\n')], {
    cwd: place,
    env: environment(),
  })
  check(stdout, prints ?? nothing)
}

const nothing: Pick<Block, 'mark' | 'code'> = { mark: '', code: '' }

function environment(): NodeJS.ProcessEnv {
  const url = new URL(serverUrl)
  url.pathname = database
  return {
    ...process.env,
    PATH: `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`,
    NODE_OPTIONS: '--conditions=annals-source --disable-warning=ExperimentalWarning',
    DATABASE_URL: url.href,
  }
}

function check(printed: string, { mark, code }: Pick<Block, 'mark' | 'code'>): void {
  const ordered = (text: string) =>
    mark === 'in any order' ? text.trimEnd().split('\n').toSorted().join('\n') : text.trimEnd()
  // programs leave spaces at the ends of lines, pages do not
  expect(ordered(printed.replace(/ +$/gm, ''))).toMatch(patternOf(ordered(code)))
}

function patternOf(code: string): RegExp {
  const lines = code
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/^…\n/gm, '(?:.*\\n)*?')
    .replaceAll(/\n…$/g, '(?:\\n.*)*')
    .replaceAll('…', '.*')
  return new RegExp(`^${lines}$`)
}

let heard = (): void => undefined

/** Starts a program that goes on; its page has a process id of its own in the line that it prints. */
async function begin(command: string, says: string): Promise<void> {
  const [node, ...args] = command.trim().split(' ')
  expect(node).toBe('node')
  const child = spawn(process.execPath, args, { cwd: place, env: environment() })
  const terminal: Terminal = { child, printed: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      terminal.printed += text.toString()
      heard()
    })
  child.on('exit', () => heard())
  terminals.push(terminal)
  await printedBy([terminal], says.replace(/\d+/, String(child.pid)))
}

/** Which of the terminals it is that `kill` means. */
let meant: Terminal | undefined

function withProcessId(command: string): string {
  return command.replace(/^kill -9 \d+$/, `kill -9 ${meant?.child.pid}`)
}

async function awaitTerminal({ mark, code }: Block): Promise<void> {
  const among = mark === 'one terminal' ? terminals : terminals.filter((one) => one !== meant)
  meant = await printedBy(among, code)
  expect(terminals.filter(({ printed }) => printed.includes(code))).toEqual([meant])
}

/** Waits until one of them has printed something; gives that one. */
async function printedBy(among: readonly Terminal[], what: string): Promise<Terminal> {
  for (;;) {
    const found = among.find(({ printed }) => printed.includes(what))
    if (found) return found
    const ended = among.find(({ child }) => child.exitCode !== null || child.signalCode !== null)
    if (ended) throw new Error(`a follower ended: ${ended.printed}`)
    await new Promise<void>((resolveHeard) => (heard = resolveHeard))
  }
}
