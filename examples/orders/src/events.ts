import type { App, EventOf } from 'annals'
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { OrderEvents } from './order.ts'

/** An event as this server tells it. */
export function told({ position, stream, version, at, type, data }: EventOf<typeof OrderEvents>) {
  return { position, order: stream.id, version, at, type, data }
}

/** The position of the newest event. */
export async function newest(shop: App) {
  const events = shop.read(OrderEvents, {}, { backwards: true, limit: 1 })
  for await (const { position } of events) return position
  return 0
}

/** How clients that follow are served. */
export interface Following {
  /** Ends all streams when the server stops. */
  readonly stop: AbortSignal
  /** Milliseconds between two signs of life, which keep proxies from closing a quiet connection. */
  readonly heartbeat: number
}

/** Answers with the events after a position, and goes on with new ones until the client goes away. */
export function follow(c: Context, shop: App, after: number, { stop, heartbeat }: Following) {
  const response = streamSSE(c, async (stream) => {
    const gone = new AbortController()
    stream.onAbort(() => gone.abort())
    const signal = AbortSignal.any([gone.signal, stop])
    await stream.write('retry: 500\n\n') // a client that lost us asks again after half a second
    const beat = setInterval(() => void stream.write(': nothing new\n\n'), heartbeat)
    try {
      // a write waits until the client takes it, so a slow one holds up only itself
      for await (const event of shop.read(OrderEvents, {}, { after, live: true, signal }))
        await stream.writeSSE({ id: `${event.position}`, data: JSON.stringify(told(event)) })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      clearInterval(beat)
    }
  })
  // the connection ends with the stream: a server that stops waits for no client to let go of it
  response.headers.set('Connection', 'close')
  return response
}
