import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { App } from 'annals'
import { isApp } from 'annals/operations'
import { textOf, UsageError } from './failures.ts'

const names = ['annals.config.ts', 'annals.config.mts', 'annals.config.js', 'annals.config.mjs']

/**
 * The app that a config file exports, or that the function gives which it exports.
 *
 * @throws UsageError where there is no such file, or it gives no app.
 */
export async function appOf(folder: string, given: string | undefined): Promise<App> {
  const file = found(folder, given)
  const name = given ?? basename(file)
  const exported = await exportedBy(file, name)
  const app = typeof exported === 'function' ? await called(exported, name) : exported
  if (isApp(app)) return app
  throw new UsageError(
    looksLikeApp(app)
      ? `the app of ${name} was made by another copy of the package annals; install annals beside ${name}, and run npx annals there`
      : `${name} exports ${whatIs(app)} where the app is expected; write: export default () => annals({ store, … })`,
  )
}

function found(folder: string, given: string | undefined): string {
  const file = (given === undefined ? names : [given])
    .map((name) => resolve(folder, name))
    .find((path) => existsSync(path))
  if (file !== undefined) return file
  throw new UsageError(
    given === undefined
      ? `there is no annals.config.ts (.mts, .js, .mjs) in this folder; make one with: export default () => annals({ store, … }), or name it by --config FILE`
      : `there is no file ${given}; --config takes the path of the file that exports the app`,
  )
}

async function exportedBy(file: string, name: string): Promise<unknown> {
  try {
    const loading = import(/* @vite-ignore */ pathToFileURL(file).href) as Promise<object>
    const loaded = await settling(loading, name)
    return 'default' in loaded ? loaded.default : undefined
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `${name} cannot be loaded${placeOf(error)}: ${textOf(error)}${remedy(error, name)}`,
      {
        cause: error,
      },
    )
  }
}

async function called(exported: object, name: string): Promise<unknown> {
  const make = exported as () => unknown // `typeof` said so
  const what = `the function that ${name} exports`
  try {
    return await settling(make(), what)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${what} failed: ${textOf(error)}`, { cause: error })
  }
}

/** Waits for a promise; where nothing is left that could settle it, Node would end the process by itself. */
async function settling<Value>(promise: Value, what: string): Promise<Awaited<Value>> {
  const settled = new AbortController()
  const never = once(process, 'beforeExit', { signal: settled.signal }).then((): never => {
    throw new UsageError(`${what} awaits something that never comes; see what it awaits`)
  })
  try {
    return await Promise.race([promise, never])
  } finally {
    settled.abort()
  }
}

/** Where a file cannot be parsed, as Node writes it above the stack; of a module it does not. */
function placeOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return ''
  const [, path, line] = /^(?:file:\/\/)?(\S+):(\d+)\n/.exec(error.stack ?? '') ?? []
  return path === undefined ? '' : ` (${basename(path)}, line ${line})`
}

function remedy(error: unknown, name: string): string {
  if (isUnknownTypeScript(error))
    return `; Node runs TypeScript from 22.18, and this is ${process.versions.node}: take a later one, or write it in JavaScript`
  if (!(error instanceof SyntaxError)) return ''
  const module = name.replace(/\.[jt]s$/, (ending) => `.m${ending.slice(1)}`)
  if (/import statement outside a module|Unexpected token 'export'/.test(error.message))
    return `; the package.json beside it says that it is no module: call it ${module}, or write "type": "module" there`
  return placeOf(error) === '' ? `; node --check ${name} shows where` : ''
}

function isUnknownTypeScript(error: unknown): boolean {
  return error instanceof TypeError && /^Unknown file extension "\.[mc]?ts"/.test(error.message)
}

function looksLikeApp(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'open' in value && 'together' in value
}

function whatIs(value: unknown): string {
  if (value === undefined) return 'nothing as default'
  if (typeof value === 'object' && value !== null && 'append' in value) return 'a store'
  return value === null ? 'null' : `a value of type ${typeof value}`
}
