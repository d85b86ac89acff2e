import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  mkdtempSync,
  openSync,
  closeSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'

/** Settings of `postgresql.conf`, by their names. */
export type Settings = Readonly<Record<string, string | number>>

/** How a server ends: its clients are let go, or it crashes. */
export type Ending = 'fast' | 'immediate'

const run = promisify(execFile)

const small: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: 100,
  max_prepared_transactions: 10,
  wal_level: 'replica',
  fsync: 'on',
  // what no commit has flushed is lost by a crash: nothing else flushes it meanwhile
  wal_writer_delay: '10s',
  autovacuum: 'off',
  jit: 'off',
}

/** A PostgreSQL server with a database cluster of its own; both are gone when it is disposed of. */
export class Cluster implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #settings: Settings
  #server: ChildProcess | undefined

  private constructor(folder: string, port: number, settings: Settings) {
    this.#folder = folder
    this.port = port
    this.#settings = settings
  }

  /** A new one, started. */
  static async make(settings: Settings = {}): Promise<Cluster> {
    const cluster = new Cluster(newFolder(), await freePort(), { ...small, ...settings })
    return cluster.#filled('initdb', [
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--no-locale',
      '--no-sync',
    ])
  }

  /** A copy of this one, started, that follows it until it is promoted. */
  async standby(settings: Settings = {}): Promise<Cluster> {
    const standby = new Cluster(newFolder(), await freePort(), { ...this.#settings, ...settings })
    return standby.#filled('pg_basebackup', [
      '--write-recovery-conf',
      '--checkpoint=fast',
      '--no-sync',
      `--dbname=${this.url()}?application_name=standby`,
    ])
  }

  /** The address of a database. */
  url(database = 'postgres'): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`
  }

  async start(): Promise<void> {
    const settings = { ...this.#settings, port: this.port }
    const log = openSync(this.#log, 'a')
    this.#server = spawn(
      binary('postgres'),
      [
        '-D',
        this.#data,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...asOwner(this.#folder), stdio: ['ignore', log, log] },
    )
    closeSync(log)
    process.once('exit', this.#crash)
    await this.#ready(this.#server)
  }

  /** Ends it, and waits until it has ended. */
  async stop(ending: Ending): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    process.off('exit', this.#crash)
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(ending === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
  }

  async restart(ending: Ending): Promise<void> {
    await this.stop(ending)
    await this.start()
  }

  /** Makes a primary of a standby. */
  async promote(): Promise<void> {
    await this.query('select pg_promote()')
  }

  /** The rows of a statement on a connection of its own. */
  async query(text: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client(this.url(database))
    await client.connect()
    try {
      const { rows } = await client.query<Record<string, unknown>>(text)
      return rows
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  get #log(): string {
    return join(this.#folder, 'log')
  }

  // the process of the tests may end before the cluster is disposed of
  readonly #crash = () => void this.#server?.kill('SIGQUIT')

  async #filled(program: string, options: readonly string[]): Promise<this> {
    try {
      await run(binary(program), ['-D', this.#data, ...options], asOwner(this.#folder))
      await this.start()
      return this
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  async #ready(server: ChildProcess): Promise<void> {
    for (;;) {
      try {
        await this.query('select')
        return
      } catch (error) {
        if (server.exitCode !== null || server.signalCode !== null)
          throw new Error(`postgres did not start:\n${readFileSync(this.#log, 'utf8')}`, {
            cause: error,
          })
        await delay(10) // it tells nobody when it is ready
      }
    }
  }
}

const debian = '/usr/lib/postgresql'

/** The newest of the programs that are installed, in Debian's place for them or on the path. */
function binary(program: string): string {
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const [newest] = versions.toSorted((a, b) => Number(b) - Number(a))
  return newest ? join(debian, newest, 'bin', program) : program
}

const isRoot = process.getuid?.() === 0

// PostgreSQL refuses to run as root, who becomes the user that its packages have made
const owner = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {}

function idOf(which: string): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }))
}

function asOwner(folder: string) {
  return { ...owner, cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'annals-cluster-'))
  if (isRoot) chownSync(folder, idOf('-u'), idOf('-g'))
  return folder
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  server.close()
  await once(server, 'close')
  return port
}
