import { serve } from '@hono/node-server'
import type { App } from 'annals'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { places } from '../test/places.ts'
import { shopOverHttp } from './http.ts'
import { Order } from './order.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** A shop over HTTP on a port, which knows how many read it. */
async function served(open: (typeof places)[keyof typeof places], heartbeat = 15_000) {
  const { shop, close } = await open()
  ends.push(close)
  const readers = counted(shop)
  const stop = new AbortController()
  const { fetch: answer } = shopOverHttp(readers.shop, { stop: stop.signal, heartbeat })
  const server = serve({ fetch: answer, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  ends.push(async () => {
    stop.abort()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo // it listens on a port
  return { shop, stop, readers, url: `http://127.0.0.1:${port}/events` }
}

/** A shop whose live reads are counted while they last. */
function counted(shop: App) {
  let now = 0
  let told: (() => void) | undefined
  const change = (by: number) => {
    now += by
    told?.()
  }
  async function* read(...args: Parameters<App['read']>) {
    if (args[2]?.live) change(1)
    try {
      yield* shop.read(...args)
    } finally {
      if (args[2]?.live) change(-1)
    }
  }
  return {
    // the reading of all events is that of any set
    shop: { ...shop, read: read as App['read'] },
    /** Waits until so many read. */
    async are(count: number) {
      while (now !== count)
        await new Promise<void>((resolve) => {
          told = resolve
        })
    },
  }
}

/** Follows a stream, and gives what it says line by line. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const gone = new AbortController()
  const { body, headers: told } = await fetch(url, { headers, signal: gone.signal })
  if (!body) throw new Error('a stream has a body')
  const lines = linesOf(body)
  ends.push(async () => gone.abort())
  return {
    type: told.get('Content-Type'),
    leave: () => gone.abort(),
    /** The lines until one that begins with this, or all until the end. */
    async until(beginning?: string) {
      const said: string[] = []
      for (;;) {
        const { done, value } = await lines.next()
        if (done) return said
        said.push(value)
        if (beginning !== undefined && value.startsWith(beginning)) return said
      }
    },
  }
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}

const idsOf = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith('id: ')).map((line) => Number(line.slice(4)))

describe.each(Object.entries(places))('on %s', (_, open) => {
  /** An order at version 3, and the position of each of its events. */
  async function orderOf(shop: App) {
    const positions = []
    positions.push((await shop.open(Order, 'o-1').place({ customer: 'Ann' })).position)
    for (let lines = 0; lines < 2; lines++) {
      const { position } = await shop.open(Order, 'o-1').add({ product: 'cup', quantity: 1 })
      positions.push(position)
    }
    return positions
  }

  test('a client is told every event once, in order, and goes on with new ones', async () => {
    const { shop, url } = await served(open)
    const positions = await orderOf(shop)
    const client = await follow(url)
    expect(client.type).toBe('text/event-stream')
    const before = await client.until(`id: ${positions.at(-1)}`)
    expect(before[0]).toBe('retry: 500')
    expect(idsOf(before)).toEqual(positions)
    const { position } = await shop.open(Order, 'o-2').place({ customer: 'Bea\ndata: {}' })
    const [data = '', id] = await client.until('id: ')
    expect(id).toBe(`id: ${position}`)
    expect(JSON.parse(data.slice('data: '.length))).toMatchObject({
      position,
      order: 'o-2',
      version: 1,
      type: 'OrderPlaced',
      data: { customer: 'Bea\ndata: {}' },
    })
  })

  test('a client that comes again goes on after the last event that it saw', async () => {
    const { shop, url } = await served(open)
    const [first, second, third] = await orderOf(shop)
    const asked = await follow(`${url}?after=${first}`)
    expect(idsOf(await asked.until(`id: ${third}`))).toEqual([second, third])
    const again = await follow(`${url}?after=${first}`, { 'Last-Event-ID': `${second}` })
    expect(idsOf(await again.until('id: '))).toEqual([third])
  })

  test('a client that goes away leaves nothing behind', async () => {
    const { readers, url } = await served(open)
    const clients = await Promise.all(Array.from({ length: 20 }, () => follow(url)))
    await readers.are(20)
    for (const { leave } of clients) leave()
    await readers.are(0)
  })

  test('when the server stops, every stream ends', async () => {
    const { readers, stop, url } = await served(open)
    const clients = await Promise.all([follow(url), follow(url)])
    await readers.are(2)
    stop.abort()
    await Promise.all(clients.map((client) => client.until()))
    await readers.are(0)
  })
})

test('a client hears something while nothing happens', async () => {
  const { url } = await served(places.memory, 5)
  const client = await follow(url)
  expect(await client.until(': nothing new')).toContain(': nothing new')
})

test('a place that is no position is refused', async () => {
  const { url } = await served(places.memory)
  const { status } = await fetch(url, { headers: { 'Last-Event-ID': 'x' } })
  expect(status).toBe(422)
})
