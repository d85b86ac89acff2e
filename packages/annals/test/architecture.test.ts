import { globSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { expect, test } from 'vitest'

const library = resolve(import.meta.dirname, '..')
const source = join(library, 'src')
const workspace = resolve(library, '../..')

/** The files that an adapter and a test kit may know: the ports, and what all adapters answer alike. */
const ports = [
  'admission',
  'clock',
  'documents',
  'filter',
  'ledger',
  'observed',
  'observer',
  'migrations',
  'refusals',
  'shared',
  'slices',
  'store',
  'texts',
  'versions',
  'watch',
].map((name) => `store/${name}.ts`)

const upToOperations = ['core', 'store', 'processing', 'messaging', 'operations']

/** Who may import whom: a folder or file of `src`, and what it may import besides itself. */
const law: Readonly<Record<string, readonly string[]>> = {
  core: [],
  store: ['core'],
  processing: ['core', 'store'],
  messaging: ['core', 'store', 'processing'],
  operations: ['core', 'store', 'processing', 'messaging'],
  'adapters/*': ['core', ...ports, 'processing/projection.ts'],
  testing: [
    'core',
    ...ports,
    'processing/changing.ts',
    'processing/view.ts',
    'processing/workflow.ts',
    'adapters/memory',
  ],
  'annals.ts': [...upToOperations, 'adapters/memory'],
  'index.ts': [...upToOperations, 'annals.ts', 'adapters/memory'],
  http: [],
  cli: [],
}

/**
 * Made to be imported by libraries: an interface that does nothing until the program sets up an SDK, of which there must be one.
 * Only the adapter that is asked for by its own entry point imports it.
 */
const interfaces: Readonly<Record<string, string>> = {
  'adapters/opentelemetry': '@opentelemetry/api',
}

/** These see the library as a user does: by its package name. */
const waysIn = ['http', 'cli']

/** The workspaces that import only published entry points. */
const outside = ['examples', 'bench', 'docs', 'packages/console']

/** What would make the core depend on when, where or how often it runs. */
const impure = ['Date.now', 'Math.random', 'randomUUID', 'setTimeout', 'setInterval']

interface Edge {
  readonly from: string
  readonly to: string
  /** Whether it is an `import()`, made when it is needed. */
  readonly onDemand: boolean
}

function filesOf(folder: string): string[] {
  return globSync('**/*.ts', { cwd: folder, exclude: ['**/node_modules', '**/dist'] })
    .filter((file) => !file.endsWith('.test.ts'))
    .toSorted()
}

function programOf(path: string) {
  return parseSync(path, readFileSync(path, 'utf8'))
}

/** What a file imports, each relative import as a path from `folder`. */
function edgesOf(folder: string, file: string): Edge[] {
  const edges: Edge[] = []
  const add = (specifier: unknown, onDemand: boolean) => {
    if (typeof specifier !== 'string') return
    const to = specifier.startsWith('.')
      ? relative(folder, resolve(folder, file, '..', specifier))
      : specifier
    edges.push({ from: file, to, onDemand })
  }
  new Visitor({
    ImportDeclaration: ({ source: { value } }) => add(value, false),
    ExportAllDeclaration: ({ source: { value } }) => add(value, false),
    ExportNamedDeclaration: (node) => add(node.source?.value, false),
    TSImportType: (node) => add(node.source.value, false),
    ImportExpression: (node) => add('value' in node.source ? node.source.value : undefined, true),
  }).visit(programOf(join(folder, file)).program)
  return edges
}

/** The entry of the law that a file of `src` falls under, and the folder it may import freely. */
function placeOf(file: string): { readonly rule: string; readonly home: string } {
  const [first = '', second = ''] = file.split('/')
  return first === 'adapters'
    ? { rule: 'adapters/*', home: `adapters/${second}` }
    : { rule: first, home: first }
}

function within(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

function allows({ from, to, onDemand }: Edge): boolean {
  const { rule, home } = placeOf(from)
  if (to.startsWith('node:')) return rule !== 'core'
  if (within(to, 'annals')) return waysIn.includes(rule)
  const isFile = to.endsWith('.ts')
  if (!isFile && interfaces[home] === to) return true
  if (!isFile) return rule === 'adapters/*' && from === `${home}/driver.ts` && onDemand
  return [home, ...(law[rule] ?? [])].some((place) => within(to, place))
}

const tell = ({ from, to }: Edge) => `${from} → ${to}`

const files = filesOf(source)

test('every folder of src is in the law', () => {
  const rules = new Set(files.map((file) => placeOf(file).rule))
  expect([...rules].filter((rule) => !(rule in law))).toEqual([])
  expect(files.length).toBeGreaterThan(10)
})

test.each(Object.keys(law))('%s imports only what the law allows', (rule) => {
  const edges = files
    .filter((file) => placeOf(file).rule === rule)
    .flatMap((file) => edgesOf(source, file))
  expect(edges.filter((edge) => !allows(edge)).map(tell)).toEqual([])
})

test('the core knows no clock, no randomness and no timer', () => {
  const found: string[] = []
  for (const file of files.filter((path) => within(path, 'core'))) {
    const note = (name: string) => impure.includes(name) && found.push(`${file} uses ${name}`)
    new Visitor({
      Identifier: ({ name }) => note(name),
      MemberExpression: ({ object, property }) => {
        if (object.type === 'Identifier' && property.type === 'Identifier') {
          note(`${object.name}.${property.name}`)
        }
      },
      NewExpression: ({ callee, arguments: given }) => {
        if (callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0) {
          found.push(`${file} uses new Date()`)
        }
      },
    }).visit(programOf(join(source, file)).program)
  }
  expect(found).toEqual([])
})

test.each(outside)('%s imports the library by its name', (folder) => {
  const home = join(workspace, folder)
  const reaching = filesOf(home)
    .flatMap((file) => edgesOf(home, file))
    .filter(({ to }) => to.startsWith('..') || to.startsWith('annals/src'))
  expect(reaching.map(tell)).toEqual([])
})
