import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { errorTable } from '../src/core/errors.ts'

const source = resolve(import.meta.dirname, '../src')
const page = resolve(import.meta.dirname, '../../../docs/reference/errors.md')

interface ErrorClass {
  readonly name: string
  readonly codes: readonly string[]
  readonly retry: string
}

/** The concrete classes as errors.ts declares them. */
function errorClasses(): ErrorClass[] {
  const declaration =
    /class (\w+) extends AnnalsError<([^>]+)> \{\s+readonly retry(?:: boolean)? = (true|false)/g
  const text = readFileSync(join(source, 'core/errors.ts'), 'utf8')
  return [...text.matchAll(declaration)].map(([, name = '', codes = '', retry = '']) => ({
    name,
    codes: codes.match(/ANNALS_\w+/g) ?? [],
    retry: retry === 'true' ? 'yes' : 'no',
  }))
}

/** The rows as the source has them: code, class, retry, what happened, what to do. */
function rowsOfSource(): string[][] {
  const classes = errorClasses()
  return Object.entries(errorTable).map(([code, { happened, todo }]) => {
    const owner = classes.find(({ codes }) => codes.includes(code))
    return [`\`${code}\``, `\`${owner?.name}\``, owner?.retry ?? '', happened, todo]
  })
}

function rowsOfPage(): string[][] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `ANNALS_'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

test('the documented errors are the errors of the source, word for word', () => {
  expect(rowsOfPage()).toEqual(rowsOfSource())
})

test('every error is thrown somewhere', () => {
  // The contracts expect errors; they throw none.
  const places = globSync('**/*.ts', { cwd: source }).filter(
    (file) => !file.endsWith('.test.ts') && !/^testing\/|^core\/errors\.ts$/.test(file),
  )
  const text = places.map((file) => readFileSync(join(source, file), 'utf8')).join('\n')
  const thrown = errorClasses().flatMap(({ name, codes }) =>
    codes.filter((code) =>
      codes.length === 1 ? text.includes(`new ${name}(`) : text.includes(`'${code}'`),
    ),
  )
  expect(Object.keys(errorTable).filter((code) => !thrown.includes(code))).toEqual([])
})
