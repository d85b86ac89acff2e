import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * How far a request gets before its client is cut off: not to the server, to the server, or through it, with
 * the reply lost. When it is held nobody is cut off, and nothing passes from then on.
 */
export type Reach = 'unsent' | 'sent' | 'done' | 'held'

interface Awaited {
  readonly reach: Reach
  readonly text: string
  readonly happened: () => void
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** Stands between clients and a server on loopback, and breaks what a network breaks. */
export class Proxy implements AsyncDisposable {
  readonly #listener: Server
  #serverPort: number
  readonly #pairs = new Set<Pair>()
  #delay: () => number = () => 0
  #passing: Promise<void> | undefined
  #pass: () => void = () => undefined
  #next: Awaited | undefined

  private constructor(serverPort: number) {
    this.#serverPort = serverPort
    this.#listener = createServer((client) =>
      this.#join({ client, server: connect(this.#serverPort, '127.0.0.1') }),
    )
  }

  /** A proxy before the server on a port, which passes everything on. */
  static async before(serverPort: number): Promise<Proxy> {
    const proxy = new Proxy(serverPort)
    proxy.#listener.listen(0, '127.0.0.1')
    await once(proxy.#listener, 'listening')
    return proxy
  }

  /** The address of a database behind it. */
  url(database = 'postgres'): string {
    const { port } = this.#listener.address() as AddressInfo // it listens on TCP
    return `postgres://postgres@127.0.0.1:${port}/${database}`
  }

  /** Leads new connections to the server on another port. */
  lead(serverPort: number): void {
    this.#serverPort = serverPort
  }

  /** Resets every connection, on both sides. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  /** Holds every piece back for so many milliseconds. */
  delay(milliseconds: () => number): void {
    this.#delay = milliseconds
  }

  /** Takes connections and what they say, and says nothing; what was held goes on when it is healed. */
  swallow(): void {
    this.#passing ??= new Promise((resolve) => (this.#pass = resolve))
  }

  /** Passes on again, without delay. */
  heal(): void {
    this.#delay = () => 0
    this.#passing = undefined
    this.#pass()
  }

  /** Lets the next request with a text in it come only so far; settles when that has happened. */
  breakNext(reach: Reach, text = ''): Promise<void> {
    return new Promise((happened) => (this.#next = { reach, text, happened }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close()
    this.cut()
    this.heal()
    await once(this.#listener, 'close')
  }

  #join(pair: Pair): void {
    const { client, server } = pair
    this.#pairs.add(pair)
    for (const side of [client, server]) {
      side.setNoDelay()
      side.on('error', () => undefined) // it ends, which the other side is told
    }
    const toServer = this.#inTurn(server)
    const toClient = this.#inTurn(client)
    // what was sent before arrives: the server hears of the end when its turn comes
    client.on('close', () => toServer(() => server.end()))
    server.on('close', () => {
      this.#pairs.delete(pair)
      client.destroy()
    })
    let broken: Awaited | undefined
    client.on('data', (request) => {
      if (this.#next && request.includes(this.#next.text)) {
        broken = this.#hold(this.#next)
        this.#next = undefined
      }
      if (broken?.reach !== 'unsent') toServer(() => server.write(request))
      if (broken && broken.reach !== 'done') lose(client, broken)
    })
    server.on('data', (reply) => {
      if (broken) lose(client, broken)
      else toClient(() => client.write(reply))
    })
  }

  /** Holds everything from now on, when that is what was asked for; else it is for the connection. */
  #hold(awaited: Awaited): Awaited | undefined {
    if (awaited.reach !== 'held') return awaited
    this.swallow()
    awaited.happened()
    return undefined
  }

  /** Does things in the order in which they came, each when it may pass. */
  #inTurn(to: Socket): (act: () => void) => void {
    let turn = Promise.resolve()
    const pass = async (act: () => void) => {
      const held = this.#delay()
      if (held > 0) await pause(held)
      while (this.#passing) await this.#passing
      if (to.writable) act()
    }
    return (act) => {
      turn = turn.then(() => pass(act))
    }
  }
}

function lose(client: Socket, { happened }: Awaited): void {
  client.resetAndDestroy()
  happened()
}
