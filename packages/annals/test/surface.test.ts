import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

const library = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as Manifest

/** The entry points that are code, with the file that each condition names. */
const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [{ path, target }],
)

async function namesOf(entry: string): Promise<string[]> {
  return Object.keys((await import(entry)) as object)
}

test('the root exports fit on one screen', async () => {
  const names = await namesOf('annals')
  expect(names.length).toBeLessThanOrEqual(30)
  expect(names).toContain('annals')
})

test('the root exports nothing of the test kit', async () => {
  const testing = new Set(await namesOf('annals/testing'))
  expect((await namesOf('annals')).filter((name) => testing.has(name))).toEqual([])
})

test('the package has no run-time dependency', () => {
  expect(manifest.dependencies ?? {}).toEqual({})
})

test.each(entries)('$path is a source file, and its build lies in the same place', ({ target }) => {
  const source = target['annals-source'] ?? ''
  expect(existsSync(join(library, source)), `${source} exists`).toBe(true)
  const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
  expect(target).toEqual({
    'annals-source': source,
    types: `${built}.d.ts`,
    default: `${built}.js`,
  })
  expect(Object.keys(target), 'the first condition that matches wins').toEqual([
    'annals-source',
    'types',
    'default',
  ])
})

test('the command line is a source file that Node runs, and its build lies in the same place', () => {
  const { annals } = manifest.bin
  const source = annals?.replace('./dist/', 'src/').replace(/\.js$/, '.ts') ?? ''
  expect(readFileSync(join(library, source), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})
