import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { appOf } from '../../src/cli/config-file.ts'
import { newFolder } from './folder.ts'
import { commandLine } from './shop.ts'

const page = resolve(import.meta.dirname, '../../../../docs/operating/command-line.md')
const text = readFileSync(page, 'utf8')

/** The blocks of the page, and where a worker is to run until it has seen everything. */
const steps = [...text.matchAll(/^```(\w+)\n([^]*?)^```$|^<!-- (worker) -->$/gm)].map(
  ([, language = '', code = '', mark = '']) => ({ kind: mark || language, code }),
)

function codeOf(language: string): readonly string[] {
  return steps.filter(({ kind }) => kind === language).map(({ code }) => code)
}

/** The words of a line as a shell has them. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

/** What is another at each run: ids and times, which are as long each time. */
function masked(output: string): string {
  return output
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
}

/** What the commands of the page print, a text for each block that shows what is printed. */
async function printedIn(folder: string): Promise<readonly string[]> {
  const printed: string[] = []
  let now = ''
  for (const { kind, code } of steps) {
    if (kind === 'worker') {
      await using app = await appOf(folder, undefined)
      await app.start()
      await app.caughtUp()
    }
    if (kind === 'text') {
      printed.push(now)
      now = ''
    }
    if (kind === 'sh')
      for (const line of code.trimEnd().split('\n')) {
        const [, , ...argv] = wordsOf(line) // behind `npx annals`
        const { out, err } = await commandLine(argv, (file) => appOf(folder, file))
        now += out + err
      }
  }
  return printed
}

test('what the page says is what is printed', async () => {
  const [config] = codeOf('ts')
  const Balances = "view('balances', AccountState"
  using folder = newFolder({
    'annals.config.mts': config ?? '',
    'next.config.mts': config?.replace(`${Balances})`, `${Balances}, { version: 2 })`) ?? '',
  })
  const here = process.cwd()
  process.chdir(folder.path) // where the database of the page is
  try {
    const printed = await printedIn(folder.path)
    expect(printed.map(masked)).toEqual(codeOf('text').map(masked))
    expect(printed.length).toBe(codeOf('sh').length)
  } finally {
    process.chdir(here)
  }
})
