import type { App } from 'annals'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { places } from '../test/places.ts'
import { shopOverHttp } from './http.ts'

interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

describe.each(Object.entries(places))('on %s', (_, open) => {
  let shop: App
  let close: () => Promise<void>
  let http: ReturnType<typeof shopOverHttp>

  beforeAll(async () => {
    ;({ shop, close } = await open())
    http = shopOverHttp(shop, { stop: new AbortController().signal, heartbeat: 15_000 })
  })
  afterAll(() => close())

  async function ask(path: string, { method = 'GET', body, headers = {} }: Asked = {}) {
    const response = await http.request(path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      type: response.headers.get('Content-Type'),
      tag: response.headers.get('ETag'),
      position: Number(response.headers.get('Annals-Position')),
      retryAfter: response.headers.get('Retry-After'),
      answer: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }

  const post = (path: string, body: unknown, headers = {}) =>
    ask(path, { method: 'POST', body, headers })

  let orders = 0

  /** An order with two cups in it. */
  async function someOrder(customer = 'Ann') {
    const path = `/orders/o-${++orders}`
    await ask(path, { method: 'PUT', body: { customer } })
    await post(`${path}/lines`, { product: 'cup', quantity: 2 })
    return path
  }

  const cups = { product: 'cup', quantity: 2, cents: 1_700 }

  test('an order goes from being placed to being shipped', async () => {
    const path = '/orders/whole-life'
    const placed = await ask(path, { method: 'PUT', body: { customer: ' Ann ' } })
    expect(placed).toMatchObject({ status: 201, tag: '"1"', type: 'application/json' })
    expect(placed.answer).toMatchObject({ id: 'whole-life', customer: 'Ann', status: 'open' })
    const added = await post(`${path}/lines`, { product: 'cup', quantity: 2 })
    expect(added).toMatchObject({ status: 200, tag: '"2"', answer: { lines: [cups] } })
    expect(added.position).toBeGreaterThan(placed.position)
    await post(`${path}/lines`, { product: 'green tea', quantity: 1 })
    const removed = await ask(`${path}/lines/green%20tea`, { method: 'DELETE' })
    expect(removed).toMatchObject({ status: 200, tag: '"4"', answer: { lines: [cups] } })
    expect(await post(`${path}/payment`, { cents: 1_700 })).toMatchObject({ status: 200 })
    const shipped = await post(`${path}/shipment`, { parcel: 'P-1' })
    expect(shipped.answer).toMatchObject({ status: 'shipped', version: 6, paid: 1_700 })
  })

  test('an order can be cancelled', async () => {
    const { status, answer } = await post(`${await someOrder()}/cancellation`, { reason: 'late' })
    expect({ status, answer }).toMatchObject({ status: 200, answer: { status: 'cancelled' } })
  })

  test('with If-Match, an order that has changed meanwhile stays as it is', async () => {
    const path = await someOrder()
    const add = (tag: string) =>
      post(`${path}/lines`, { product: 'cup', quantity: 1 }, { 'If-Match': tag })
    expect(await add('"1"')).toMatchObject({
      status: 412,
      type: 'application/problem+json',
      answer: { type: '/problems#conflict', status: 412, title: expect.any(String) as string },
    })
    expect(await ask(path)).toMatchObject({ tag: '"2"', answer: { lines: [cups] } })
    expect(await add('"2"')).toMatchObject({ status: 200, tag: '"3"' })
    expect(await add('*')).toMatchObject({ status: 200, tag: '"4"' })
    expect(await add('W/"4"')).toMatchObject({
      status: 422,
      answer: {
        issues: [{ path: 'if-match', message: expect.stringContaining('ETag') as string }],
      },
    })
  })

  test('with an Idempotency-Key, a request that is sent twice has its effect and its answer once', async () => {
    const path = await someOrder()
    const add = (quantity: number) =>
      post(`${path}/lines`, { product: 'cup', quantity }, { 'Idempotency-Key': 'r-1' })
    const first = await add(1)
    expect(first).toMatchObject({ status: 200, tag: '"3"' })
    expect(await add(1)).toEqual(first)
    expect(await add(2)).toMatchObject({ status: 422, answer: { type: '/problems#key-reused' } })
    expect(await ask(path)).toMatchObject({ tag: '"3"' })
  })

  test('what the order refuses is a problem, with its reason', async () => {
    const path = await someOrder()
    expect(await post(`${path}/shipment`, { parcel: 'P-1' })).toMatchObject({
      status: 409,
      type: 'application/problem+json',
      answer: {
        type: '/problems#rejected',
        title: 'The order refuses',
        status: 409,
        detail: 'the order must be paid; it is open',
      },
    })
  })

  test('input that is not as it must be is told field by field', async () => {
    const path = await someOrder()
    expect(await post(`${path}/lines`, { product: 'gold', quantity: 0, price: 1 })).toMatchObject({
      status: 422,
      type: 'application/problem+json',
      answer: {
        type: '/problems#invalid',
        issues: [
          { path: 'product', message: expect.stringContaining('cup') as string },
          { path: 'quantity', message: 'at least one' },
          { path: '', message: expect.stringContaining('price') as string },
        ],
      },
    })
    expect(await ask('/orders/a%20b')).toMatchObject({
      status: 422,
      answer: { issues: [{ path: 'id' }] },
    })
    expect(await ask(`${path}?until=-1`)).toMatchObject({
      status: 422,
      answer: { issues: [{ path: 'until', message: 'give a whole number' }] },
    })
  })

  test('what is no JSON cannot be read, and what is too large is not', async () => {
    const path = await someOrder()
    const send = (body: string) =>
      http.request(`${path}/lines`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', 'Content-Length': `${body.length}` },
      })
    const malformed = await send('{"product"')
    expect(malformed.status).toBe(400)
    expect(await malformed.json()).toMatchObject({ type: '/problems#malformed' })
    const large = await send(JSON.stringify({ product: 'x'.repeat(10_000) }))
    expect(large.status).toBe(413)
    expect(await large.json()).toMatchObject({ type: '/problems#too-large' })
  })

  test('what is not there is not found', async () => {
    const nobodys = { status: 404, answer: { detail: 'there is no such order' } }
    expect(await ask('/orders/nobody')).toMatchObject(nobodys)
    expect(await ask('/orders/nobody/history')).toMatchObject(nobodys)
    expect(await post('/orders/nobody/payment', { cents: 0 })).toMatchObject(nobodys)
    expect(await ask('/nowhere')).toMatchObject({
      status: 404,
      type: 'application/problem+json',
      answer: { type: '/problems#not-found', detail: 'nothing is at /nowhere' },
    })
  })

  test('who has this version already is told so', async () => {
    const path = await someOrder()
    const known = (tags: string) => ask(path, { headers: { 'If-None-Match': tags } })
    expect(await known('"2"')).toMatchObject({ status: 304, tag: '"2"', answer: undefined })
    expect(await known('"7", "2"')).toMatchObject({ status: 304 })
    expect(await known('"1"')).toMatchObject({ status: 200, answer: { version: 2 } })
  })

  test('an order is seen as it was at a version', async () => {
    const path = await someOrder()
    const then = await ask(`${path}?until=1`)
    expect(then).toMatchObject({ status: 200, tag: '"1"', answer: { version: 1, lines: [] } })
  })

  test('the history has every event, in order', async () => {
    const path = await someOrder()
    const order = path.slice('/orders/'.length)
    expect(await ask(`${path}/history`)).toMatchObject({
      status: 200,
      answer: {
        events: [
          { order, version: 1, type: 'OrderPlaced', data: { customer: 'Ann' } },
          { order, version: 2, type: 'LineAdded', data: cups },
        ],
      },
    })
  })

  test('the list has an order as soon as its command is answered, the newest first', async () => {
    const first = await someOrder('Bea')
    const second = await someOrder('Bea')
    await post(`${first}/payment`, { cents: 1_700 })
    const { answer, position } = await ask('/orders?customer=Bea')
    expect(answer).toMatchObject({
      orders: [
        { id: second.slice('/orders/'.length), status: 'open', total: 1_700, version: 2 },
        { id: first.slice('/orders/'.length), status: 'paid', total: 1_700, version: 3 },
      ],
      more: false,
    })
    expect(position).toBe((await ask(first)).position)
    expect(await ask('/orders?customer=Bea&status=paid')).toMatchObject({
      answer: { orders: [{ version: 3 }] },
    })
    expect(await ask('/orders?customer=Bea&limit=1')).toMatchObject({
      answer: { orders: [{ version: 2 }], more: true },
    })
  })

  test('who names a position sees what was written there, in the background view too', async () => {
    const cupsOf = async (position: number) => {
      const { answer } = await ask(`/products?after=${position}`)
      const { products } = answer as { products: { product: string; added: number }[] }
      return products.find(({ product }) => product === 'cup')?.added ?? NaN
    }
    const path = await someOrder()
    let before = await cupsOf((await ask(path)).position)
    for (let times = 0; times < 20; times++) {
      const { position } = await post(`${path}/lines`, { product: 'cup', quantity: 1 })
      expect(await cupsOf(position)).toBe(++before)
    }
  })

  test('a position that has not come in time is no reason to wait for ever', async () => {
    expect(await ask('/products?after=999999')).toMatchObject({
      status: 503,
      type: 'application/problem+json',
      retryAfter: '1',
      answer: { type: '/problems#unavailable' },
    })
  })

  test('every type of problem is explained', async () => {
    expect(await ask('/problems')).toMatchObject({ answer: { rejected: { status: 409 } } })
  })

  test('the page is served, and may run nothing but its own scripts', async () => {
    const response = await http.request('/')
    expect(await response.text()).toContain('<title>Orders')
    expect(response.headers.get('Content-Security-Policy')).toBe("default-src 'self'")
  })
})

test('what nobody expected is logged, and not told', async () => {
  // a shop whose store is broken
  const shop = { load: () => Promise.reject(new Error('secret')) } as unknown as App
  const http = shopOverHttp(shop, { stop: new AbortController().signal, heartbeat: 1_000 })
  const said = await logged(async () => {
    const response = await http.request('/orders/o-1')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret')
  })
  expect(String(said)).toContain('secret')
})

/** What is written to the log meanwhile. */
async function logged(work: () => Promise<void>) {
  const { error } = console
  const said: unknown[] = []
  console.error = (...words: unknown[]) => void said.push(...words)
  await work().finally(() => {
    console.error = error
  })
  return said
}
