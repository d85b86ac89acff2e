// Every ```ts block of the README, of docs/ and of the doc comments in src is compiled, with every type inferred.
//
// The blocks of one page build on each other: they are one module, in the order of the page. A doc comment is a
// page of its own. Three HTML comments, alone on the line above a block (a blank line between is fine), change that:
//
//   <!-- fresh -->                   begins a new module
//   <!-- run -->                     a whole program: begins a new module, and is also run by itself;
//                                    what it prints must be the ```text block that follows it
//   <!-- not compiled: reason -->    leaves the block out, and says why
//
// A block that has a title, ```ts [account.ts], is a file of that name: other blocks in the same folder of docs import it as
// './account.ts'. Modules are written to .docs-blocks/ with their lines where the page has them, so an error names the
// page's line. The pages of docs/reference/api are generated from declarations, and left out; those of docs/tutorial are
// compiled and run by tutorial.test.ts.

import { execFile } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { blocksOf, type Block, type Page } from './blocks.ts'

const workspace = resolve(import.meta.dirname, '../../..')
const folder = join(workspace, '.docs-blocks')
const run = promisify(execFile)

interface Module {
  /** Its path in the folder of modules. */
  readonly name: string
  readonly blocks: readonly Block[]
}

function markdownPages(): Page[] {
  const names = globSync(['README.md', 'docs/**/*.md', 'examples/*/README.md'], {
    cwd: workspace,
    exclude: ['**/node_modules', 'docs/reference/api'],
  })
  return names
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(workspace, name), 'utf8') }))
}

/** Each doc comment that holds code, its stars blanked so that lines and columns stay where they are. */
function commentPages(): Page[] {
  const source = 'packages/annals/src'
  return globSync(`${source}/**/*.ts`, { cwd: workspace })
    .toSorted()
    .flatMap((name) => {
      const text = readFileSync(join(workspace, name), 'utf8')
      const comments = [...text.matchAll(/^[ \t]*\/\*\*[^]*?\*\//gm)]
      return comments
        .filter(([comment]) => comment.includes('```ts'))
        .map(({ 0: comment, index }) => {
          const linesBefore = text.slice(0, index).replace(/[^\n]+/g, '')
          const body = comment.replace(/^[ \t]*(\/\*\*|\*\/|\*) ?/gm, '')
          return { name: `${name}.${linesBefore.length + 1}`, text: linesBefore + body }
        })
    })
}

function isCompiled({ language, mark }: Block): boolean {
  return language === 'ts' && !/^not compiled: \S/.test(mark)
}

function modulesOf(page: Page): Module[] {
  const blocks = blocksOf(page).filter(isCompiled)
  const modules: Block[][] = []
  for (const block of blocks.filter(({ title }) => title === undefined)) {
    const begins = block.mark === 'fresh' || block.mark === 'run'
    const current = modules.at(-1)
    if (current && !begins) current.push(block)
    else modules.push([block])
  }
  const files = blocks.flatMap((block) =>
    block.title === undefined ? [] : [{ name: join(folderOf(page), block.title), blocks: [block] }],
  )
  const name = join(folderOf(page), basename(page.name))
  return [
    ...files,
    ...modules.map((of, index) => ({ name: `${name}.${index + 1}.ts`, blocks: of })),
  ]
}

function folderOf({ name }: Page): string {
  return dirname(name).replaceAll('/', '.')
}

/** The code of a module, each block on the lines that it has on its page. */
function codeOf({ blocks }: Module): string {
  let code = ''
  for (const block of blocks) {
    code += '\n'.repeat(block.line - (code.split('\n').length - 1)) + block.code
  }
  return code
}

interface Program {
  readonly name: string
  readonly code: string
  readonly prints: string | undefined
}

function programsOf(page: Page): Program[] {
  const blocks = blocksOf(page)
  return blocks.flatMap(({ mark, code }, index) => {
    const next = blocks[index + 1]
    const name = join(folderOf(page), `${basename(page.name)}.run-${index}.ts`)
    const prints = next?.language === 'text' ? next.code : undefined
    return mark === 'run' ? [{ name, code, prints }] : []
  })
}

const pages = [...markdownPages(), ...commentPages()]
const compiled = pages.filter(({ name }) => !name.startsWith('docs/tutorial/'))
const modules = compiled.flatMap(modulesOf)
const programs = compiled.flatMap(programsOf)

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  for (const module of modules) {
    const file = join(folder, module.name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, codeOf(module))
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.base.json', include: ['**/*.ts'] }),
  )
})

test('the README has code, and its first program is run', () => {
  const ofReadme = pages.filter(({ name }) => name === 'README.md')
  expect(ofReadme.flatMap(modulesOf)).not.toEqual([])
  expect(ofReadme.flatMap(programsOf)).not.toEqual([])
})

test('no block escapes: every fence is one that is read, and every mark stands above a block', () => {
  const unread = /^[ \t]+```tsx?$|^```(?:typescript|tsx|js|javascript)\b/gm
  const mark = /^<!-- (?:fresh|run|not compiled\b.*) -->$/gm
  for (const page of compiled) {
    expect(page.text.match(unread) ?? [], page.name).toEqual([])
    const marks = blocksOf(page).flatMap((block) => block.mark || [])
    expect(marks.filter((text) => !/^(?:fresh|run|not compiled: \S.*)$/.test(text))).toEqual([])
    expect(page.text.match(mark)?.length ?? 0, `marks in ${page.name}`).toBe(marks.length)
  }
})

test('no two files of a folder have one name', () => {
  const names = modules.map(({ name }) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('every block compiles', async () => {
  const compiler = join(workspace, 'node_modules/typescript/bin/tsc')
  const { stdout } = await run(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
  }).catch((failed: { readonly stdout: string }) => failed)
  expect(stdout).toBe('')
})

test.each(programs)('$name prints what its page says', async ({ name, code, prints }) => {
  const place = mkdtempSync(join(tmpdir(), 'annals-docs-'))
  const file = join(folder, name)
  writeFileSync(file, code)
  const options = ['--conditions=annals-source', '--disable-warning=ExperimentalWarning']
  const { stdout } = await run(process.execPath, [...options, file], { cwd: place })
  rmSync(place, { recursive: true })
  expect(stdout).toBe(prints)
})

test('every link to a file of the repository leads to one', () => {
  const broken = markdownPages().flatMap(({ name, text }) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(resolve(workspace, dirname(name), path)))
      .map((path) => `${name}: ${path}`),
  )
  expect(broken).toEqual([])
})
