import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { report, type Run } from './report.ts'
import { summary, withResults } from './summary.ts'

const results = read('../results/latest.json')
const run = JSON.parse(results) as Run

test('the page of the benchmarks has the latest results', () => {
  const page = read('../../docs/benchmarks.md')
  expect(plain(withResults(page, summary(run)))).toBe(plain(page))
})

test('the table of the latest results is made of them', () => {
  expect(plain(report(run))).toBe(plain(read('../results/latest.md')))
})

test('new results take the place of those between the markers', () => {
  const page = withResults(read('../../docs/benchmarks.md'), 'results before')
  expect(withResults(page, 'results after')).toBe(page.replace('results before', 'results after'))
})

test('a page without markers is left as it is', () => {
  expect(() => withResults('# Benchmarks\n', 'results')).toThrow('the page has no <!-- results')
})

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

// Prettier pads the cells of tables
function plain(text: string): string {
  return text.replaceAll(/ +/g, ' ').replaceAll(/-{2,}/g, '--').replaceAll('--:', '--')
}
