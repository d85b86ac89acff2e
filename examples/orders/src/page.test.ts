import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { chromiumPath, openBrowser } from '../test/browser.ts'
import { serving, type Serving } from '../test/program.ts'

let folder = ''
let browser: Browser
let server: Serving
const pages: Page[] = []
const mistakes: unknown[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-orders-page-'))
  browser = await openBrowser()
  server = await serving(['--file', join(folder, 'shared.db')])
})
afterAll(async () => {
  await browser.close()
  await server.stop()
  await rm(folder, { recursive: true })
})

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close()
  expect(mistakes.splice(0)).toEqual([]) // no script of a page has failed
})

/** A page that follows, in a window of its own. */
async function openPage(hash = '', { url } = server) {
  const page = await browser.newPage()
  pages.push(page)
  page.on('pageerror', (error) => mistakes.push(error))
  await page.goto(`${url}${hash}`)
  await connected(page)
  return page
}

const connected = (page: Page) => page.locator('#connection[data-state="live"]').waitFor()

/** Sends what another client would, and gives the position. */
async function send(path: string, body: unknown, { url } = server) {
  const response = await fetch(`${url}orders/${path}`, {
    method: path.includes('/') ? 'POST' : 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.ok).toBe(true)
  return Number(response.headers.get('Annals-Position'))
}

let orders = 0

/** An order with two cups, of a customer of its own. */
async function someOrder(customer = `Ann ${orders + 1}`) {
  const id = `o-${++orders}`
  await send(id, { customer })
  await send(`${id}/lines`, { product: 'cup', quantity: 2 })
  return { id, customer }
}

const row = (page: Page, customer: string) => page.locator('#list li').filter({ hasText: customer })
const notice = (page: Page) => page.locator('#order .notice')
const history = (page: Page) => page.locator('#history li button')
const status = (page: Page, text: string) => page.locator('#order .status').getByText(text)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('two pages: what one of them does, the other one shows, without being loaded again', async () => {
  const [one, other] = [await openPage(), await openPage()]
  await other.evaluate(() => Object.assign(globalThis, { loadedOnce: true }))
  await one.getByLabel('Customer').fill('Grace')
  await button(one, 'Place an order').click()
  await row(other, 'Grace').filter({ hasText: '€0.00' }).click()
  await one.getByLabel('Product').selectOption('teapot')
  await button(one, 'Add').click()
  await other.locator('#lines').getByText('teapot').waitFor()
  await row(other, 'Grace').filter({ hasText: '€29.00' }).waitFor()
  await history(other).getByText('1 × teapot added').waitFor()
  // the view in the background
  await other.locator('#demand tr', { hasText: 'teapot' }).getByText('1').waitFor()
  await button(one, 'Pay €29.00').click()
  await row(other, 'Grace').filter({ hasText: 'paid' }).waitFor()
  expect(await other.evaluate(() => 'loadedOnce' in globalThis)).toBe(true)
})

test('when the server comes back, a page goes on where it was, without a gap and with nothing twice', async () => {
  const args = ['--file', join(folder, 'restarted.db')]
  const first = await serving(args)
  const page = await openPage('', first)
  await button(page, 'Place three orders to look at').click()
  for (const kind of ['open', 'cancelled', 'shipped'])
    await page.locator('#list li').filter({ hasText: kind }).waitFor()
  const feed = page.locator('#feed li')
  await feed.filter({ hasText: '1 × black tea added' }).waitFor()
  await first.stop()
  await page.locator('#connection[data-state="reconnecting …"]').waitFor()

  const second = await serving([...args, '--port', first.port])
  await send('o-x', { customer: 'Eve' }, second)
  for (let lines = 0; lines < 10; lines++)
    await send('o-x/lines', { product: 'honey', quantity: 1 }, second)
  await connected(page)
  const last = await send('o-x/payment', { cents: 6_200 }, second)
  await page.locator(`#feed li[data-position="${last}"]`).waitFor()
  const positions = await Promise.all(
    (await feed.all()).map(async (entry) => Number(await entry.getAttribute('data-position'))),
  )
  expect(positions).toEqual(Array.from({ length: last }, (_, index) => last - index))
  await row(page, 'Eve').filter({ hasText: 'paid' }).waitFor()

  // and with another database, it begins anew
  await second.stop()
  const third = await serving(['--file', join(folder, 'another.db'), '--port', first.port])
  await page.getByText('Nobody has ordered anything yet.').waitFor()
  await page.close()
  await third.stop()
})

test('who acts on what has changed meanwhile is told what others did, and may do it all the same', async () => {
  const { id } = await someOrder()
  const page = await openPage(`#${id}`)
  await history(page).nth(1).waitFor()
  await page.getByLabel('follow live').uncheck()
  await send(`${id}/lines`, { product: 'honey', quantity: 3 })
  await page.getByLabel('Quantity').fill('5')
  await button(page, 'Add').click()
  await notice(page).getByText('Somebody was faster').waitFor()
  await notice(page).getByText('3 × honey added').waitFor()
  expect(await history(page).count()).toBe(2)
  await button(page, 'Do it all the same').click()
  await history(page).getByText('5 × green tea added').waitFor()
  expect(await history(page).count()).toBe(4)
  expect(await notice(page).isVisible()).toBe(false)
})

test('who is told of a conflict may look first, and nothing is done', async () => {
  const { id } = await someOrder()
  const page = await openPage(`#${id}`)
  await history(page).nth(1).waitFor()
  await page.getByLabel('follow live').uncheck()
  await send(`${id}/cancellation`, { reason: 'too late' })
  await button(page, 'Remove cup').click()
  await button(page, 'Show me').click()
  await history(page).getByText('Cancelled: too late').waitFor()
  expect(await history(page).count()).toBe(3)
})

test('what the order refuses is said in its words, and what is wrong with a field beside it', async () => {
  const { id } = await someOrder()
  const page = await openPage(`#${id}`)
  await page.getByLabel('Parcel').fill('P-1')
  await button(page, 'Ship').click()
  await notice(page).getByText('The order refuses').waitFor()
  await notice(page).getByText('the order must be paid; it is open').waitFor()
  expect(await notice(page).getAttribute('role')).toBe('alert')
  const quantity = page.getByLabel('Quantity')
  await quantity.fill('0')
  await button(page, 'Add').click()
  await page.locator('#add .issue').getByText('at least one').waitFor()
  expect(await quantity.getAttribute('aria-invalid')).toBe('true')
  await quantity.fill('1')
  await button(page, 'Add').click()
  await history(page).getByText('1 × green tea added').waitFor()
  expect(await page.locator('.issue').count()).toBe(0)
})

test('the slider goes back through the versions of an order, and forward again', async () => {
  const { id } = await someOrder()
  await send(`${id}/lines`, { product: 'teapot', quantity: 1 })
  await send(`${id}/payment`, { cents: 4_600 })
  const page = await openPage(`#${id}`)
  const slider = page.getByRole('slider', { name: 'As of version' })
  const total = page.locator('#total')
  await page.getByText('version 4 of 4').waitFor()
  await slider.press('ArrowLeft')
  await status(page, 'open').waitFor()
  await slider.press('ArrowLeft')
  await page.getByText('version 2 of 4').waitFor()
  expect(await slider.getAttribute('aria-valuetext')).toBe('2: 2 × cup added')
  expect(await total.textContent()).toBe('€17.00')
  expect(await page.locator('#lines').getByText('teapot').count()).toBe(0)
  expect(await button(page, 'Add').isDisabled()).toBe(true)
  // what happens meanwhile pulls nobody out of the past
  await send(`${id}/shipment`, { parcel: 'P-1' })
  await page.getByText('version 2 of 5').waitFor()
  await history(page).first().click()
  await page.getByText('version 1 of 5').waitFor()
  expect(await total.textContent()).toBe('€0.00')
  await button(page, 'Back to now').click()
  await status(page, 'shipped').waitFor()
  expect(await total.textContent()).toBe('€46.00')
})

test('what a customer is called is a text, whatever it looks like', async () => {
  const name = '<img src=x onerror="document.title=1">'
  const { id } = await someOrder(name)
  const page = await openPage(`#${id}`)
  await row(page, name).getByText(name, { exact: true }).waitFor()
  await page.locator('#customer').getByText(name, { exact: true }).waitFor()
  await history(page).getByText(`${name} placed the order`, { exact: true }).waitFor()
  await page.locator('#feed li').getByText(name).waitFor()
  expect(await page.locator('main img').count()).toBe(0)
  expect(await page.title()).toBe('Orders · Annals')
})

test('no script of the page reads a text as HTML', async () => {
  const folderOfPage = new URL('../page/', import.meta.url)
  const scripts = (await readdir(folderOfPage)).filter((name) => name.endsWith('.js'))
  expect(scripts).toContain('page.js')
  for (const script of scripts)
    expect(await readFile(new URL(script, folderOfPage), 'utf8'), script).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|setHTML|eval\(/,
    )
})

test('an order is placed, filled and paid with the keyboard, and the focus stays where it is', async () => {
  const page = await openPage()
  await page.getByLabel('Customer').focus()
  await page.keyboard.type('Ada')
  await page.keyboard.press('Enter')
  await history(page).getByText('Ada placed the order').waitFor()
  await page.getByLabel('Product').focus()
  await page.keyboard.type('tea') // chooses the teapot
  await page.keyboard.press('Tab')
  await page.keyboard.type('3')
  await page.keyboard.press('Enter')
  await history(page).getByText('3 × teapot added').waitFor()
  const parcel = page.getByLabel('Parcel')
  await parcel.focus()
  await page.keyboard.type('P-')
  const { hash } = new URL(page.url())
  await send(`${hash.slice(1)}/lines`, { product: 'cup', quantity: 1 }) // while it is being typed
  await history(page).getByText('1 × cup added').waitFor()
  await page.keyboard.type('1')
  expect(await parcel.inputValue()).toBe('P-1')
  await button(page, 'Pay €95.50').press('Enter')
  await status(page, 'paid').waitFor()
})

test('a command that gets no answer is sent again under the same key, and has its effect once', async () => {
  const { id } = await someOrder()
  const page = await openPage(`#${id}`)
  await history(page).nth(1).waitFor()
  let sent = 0
  await page.route('**/lines', async (route) => {
    if (++sent > 1) return route.continue()
    await route.fetch() // it arrives, and its answer is lost
    return route.abort()
  })
  await button(page, 'Add').click()
  await history(page).getByText('1 × green tea added').waitFor()
  const repeated = page.waitForResponse('**/lines')
  await button(page, 'Send it again').click()
  expect(await (await repeated).headerValue('ETag')).toBe('"3"')
  expect(sent).toBe(2)
  expect(await history(page).count()).toBe(3)
  expect(await notice(page).isVisible()).toBe(false)

  // what only asks is not asked again by hand
  await page.route('**/*until=1', (route) => route.abort())
  await page.getByRole('slider').press('Home')
  await page.locator('#connection[data-state="no answer"]').waitFor()
  await send(`${id}/cancellation`, { reason: 'too late' })
  await connected(page)
})

test.each([390, 1_280])('at %i pixels nothing sticks out', async (width) => {
  const { customer } = await someOrder(`Ann-${width}-whose-very-long-name-has-no-place-to-break`)
  const page = await openPage()
  await page.setViewportSize({ width, height: 800 })
  const widest = () => page.evaluate('document.documentElement.scrollWidth')
  await row(page, customer).waitFor()
  expect(await widest()).toBe(width)
  await row(page, customer).getByRole('link').click()
  await history(page).nth(1).waitFor()
  expect(await widest()).toBe(width)
})

test('without a browser, it is said what to do', () => {
  expect(() => chromiumPath({ PATH: folder })).toThrow('run scripts/services as root, install')
  expect(chromiumPath({ CHROMIUM: '/opt/browser' })).toBe('/opt/browser')
})
