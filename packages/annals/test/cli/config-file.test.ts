import { expect, test } from 'vitest'
import { appOf } from '../../src/cli/config-file.ts'
import { newFolder } from './folder.ts'
import { commandLine } from './shop.ts'

const app = `import { annals, memory } from 'annals'\n`

test.concurrent.each([
  [
    'a .ts file that exports the app',
    'annals.config.ts',
    `${app}export default annals({ store: memory() })`,
  ],
  [
    'a .mts file that exports a function',
    'annals.config.mts',
    `${app}export default (): unknown => annals({ store: memory() })`,
  ],
  ['a .js file', 'annals.config.js', `${app}export default () => annals({ store: memory() })`],
  [
    'a .mjs file that exports an asynchronous function',
    'annals.config.mjs',
    `${app}export default async () => annals({ store: memory() })`,
  ],
])('%s is found', async (_, name, text) => {
  using folder = newFolder({ [name]: text })
  expect(await folder.annals('status')).toMatchObject({ code: 0, err: '' })
})

test('another file is named by --config', async () => {
  using folder = newFolder({ 'ops.js': `${app}export default () => annals({ store: memory() })` })
  expect(await folder.annals('status', '--config', 'ops.js')).toMatchObject({ code: 0, err: '' })
  expect(await folder.annals('status', '--config', './ops.ts')).toEqual({
    code: 2,
    out: '',
    err: 'annals: there is no file ./ops.ts; --config takes the path of the file that exports the app\n',
  })
})

test('a folder without a config file', async () => {
  using folder = newFolder()
  expect(await folder.annals('status')).toEqual({
    code: 2,
    out: '',
    err: 'annals: there is no annals.config.ts (.mts, .js, .mjs) in this folder; make one with: export default () => annals({ store, … }), or name it by --config FILE\n',
  })
  expect(await folder.annals('--help')).toMatchObject({ code: 0, err: '' })
})

test.concurrent.each([
  {
    title: 'a syntax error',
    name: 'annals.config.js',
    text: `${app}export default annals({\n`,
    message:
      'annals.config.js cannot be loaded: SyntaxError: Unexpected end of input; node --check annals.config.js shows where',
  },
  {
    title: 'a syntax error in TypeScript',
    name: 'annals.config.ts',
    text: `${app}export default annals({\n`,
    message:
      'annals.config.ts cannot be loaded (annals.config.ts, line 2): SyntaxError: Unexpected token `<eof>`. Expected identifier, string literal, numeric literal or [ for the computed key',
  },
  {
    title: 'a package that is not there',
    name: 'annals.config.js',
    text: "import 'zood'",
    message:
      "annals.config.js cannot be loaded: Error: Cannot find package 'zood' imported from FOLDER/annals.config.js",
  },
  {
    title: 'a file that throws',
    name: 'annals.config.js',
    text: "throw new Error('no\\nluck')",
    message: 'annals.config.js cannot be loaded: Error: no luck',
  },
])('a config file with $title cannot be loaded', async ({ name, text, message }) => {
  using folder = newFolder({ [name]: text })
  const told = await folder.annals('status')
  expect(told.err.replaceAll(folder.path, 'FOLDER')).toBe(`annals: ${message}\n`)
  expect(told).toMatchObject({ code: 2, out: '' })
})

test.each([
  {
    title: 'a function that throws',
    name: 'annals.config.js',
    text: "export default () => { throw new Error('no luck') }",
    message: 'the function that annals.config.js exports failed: Error: no luck',
  },
  {
    title: 'a wrong store',
    name: 'annals.config.js',
    text: `${app}export default annals({ store: {} })`,
    message:
      'annals.config.js cannot be loaded: MisuseError: annals needs a store, such as memory() or sqlite(path)',
  },
  {
    title: 'no default',
    name: 'annals.config.js',
    text: `${app}export const bank = annals({ store: memory() })`,
    message:
      'annals.config.js exports nothing as default where the app is expected; write: export default () => annals({ store, … })',
  },
  {
    title: 'a store',
    name: 'annals.config.js',
    text: `${app}export default memory()`,
    message:
      'annals.config.js exports a store where the app is expected; write: export default () => annals({ store, … })',
  },
  {
    title: 'a text',
    name: 'annals.config.js',
    text: "export default 'bank'",
    message:
      'annals.config.js exports a value of type string where the app is expected; write: export default () => annals({ store, … })',
  },
  {
    title: 'nothing of a function',
    name: 'annals.config.js',
    text: 'export default () => null',
    message:
      'annals.config.js exports null where the app is expected; write: export default () => annals({ store, … })',
  },
  {
    title: 'an app of another copy of the package',
    name: 'annals.config.js',
    text: 'export default { open() {}, together() {} }',
    message:
      'the app of annals.config.js was made by another copy of the package annals; install annals beside annals.config.js, and run npx annals there',
  },
])('a config file with $title exports no app', async ({ name, text, message }) => {
  using folder = newFolder({ [name]: text })
  expect(await commandLine(['status'], () => appOf(folder.path, undefined))).toEqual({
    code: 2,
    out: '',
    err: `annals: ${message}\n`,
  })
})

test.concurrent.each([
  {
    title: 'a config file',
    text: 'await new Promise(() => undefined)',
    message: 'annals.config.mjs awaits something that never comes; see what it awaits',
  },
  {
    title: 'the function of a config file',
    text: 'export default () => new Promise(() => undefined)',
    message:
      'the function that annals.config.mjs exports awaits something that never comes; see what it awaits',
  },
])('$title that awaits what never comes ends', async ({ text, message }) => {
  using folder = newFolder({ 'annals.config.mjs': text })
  expect(await folder.annals('status')).toEqual({ code: 2, out: '', err: `annals: ${message}\n` })
})

test('a Node that runs no TypeScript is told which one does', async () => {
  // what such a Node throws for the file itself
  const text = `throw Object.assign(new TypeError('Unknown file extension ".ts" for annals.config.ts'), {
  code: 'ERR_UNKNOWN_FILE_EXTENSION',
})`
  using folder = newFolder({ 'annals.config.mjs': text })
  expect(await commandLine(['status'], () => appOf(folder.path, undefined))).toEqual({
    code: 2,
    out: '',
    err: `annals: annals.config.mjs cannot be loaded: TypeError: Unknown file extension ".ts" for annals.config.ts; Node runs TypeScript from 22.18, and this is ${process.versions.node}: take a later one, or write it in JavaScript\n`,
  })
})

test('a config file that Node takes for CommonJS', async () => {
  using folder = newFolder({
    'package.json': '{ "type": "commonjs" }',
    'annals.config.ts': `${app}export default () => annals({ store: memory() })`,
  })
  expect(await folder.annals('status')).toEqual({
    code: 2,
    out: '',
    err: 'annals: annals.config.ts cannot be loaded (annals.config.ts, line 1): SyntaxError: Cannot use import statement outside a module; the package.json beside it says that it is no module: call it annals.config.mts, or write "type": "module" there\n',
  })
})
