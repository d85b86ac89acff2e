import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

test('every seat is sold once, and seen once by the board', async () => {
  const args = ['--conditions=annals-source', main, '--seats', '150', '--tills', '3']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toMatch(/3 tills sold \d+ \+ \d+ \+ \d+ = 150 seats/)
  expect(stdout).toContain('the board saw 150 seats, 0 of them twice, and 6750 EUR')
  expect(stdout).toMatch(/the view of takings has \d tills with 150 seats/)
})
