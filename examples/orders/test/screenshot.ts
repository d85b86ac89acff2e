// Makes screenshot.png: `npm run screenshot`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBrowser } from './browser.ts'
import { serving } from './program.ts'

const path = fileURLToPath(new URL('../screenshot.png', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'annals-orders-screenshot-'))
const server = await serving(['--file', join(folder, 'orders.db')])
const browser = await openBrowser()
try {
  const page = await browser.newPage({ viewport: { width: 1_120, height: 860 } })
  await page.goto(server.url)
  await page.getByRole('button', { name: 'Place three orders' }).click()
  await page.locator('#feed').getByText('1 × black tea added').waitFor()
  await page.getByRole('link', { name: 'Grace Hopper' }).click()
  await page.getByRole('slider').fill('3')
  await page.getByText('version 3 of 5').waitFor()
  await page.mouse.move(0, 0)
  // a row that has changed lights up for a while
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))')
  await page.screenshot({ path })
  console.log(`${path} is made`)
} finally {
  await browser.close()
  await server.stop()
  await rm(folder, { recursive: true })
}
