import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Order } from './messages.ts'

/** A process that works until it is told to stop. */
export class Worker {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #killed = false
  #errors = ''

  constructor(script: URL, options: object, hear: (message?: unknown) => void) {
    this.#process = fork(script, [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr?.on('data', (text) => (this.#errors += String(text)))
    this.#process.on('message', hear)
    this.#ended = once(this.#process, 'close').then(() => hear())
  }

  /** What it died of, if it did. */
  get complaint(): string | undefined {
    const { exitCode, signalCode } = this.#process
    if (this.#killed || (exitCode ?? 0) === 0) return this.#errors || undefined
    return `a process ended with ${exitCode ?? signalCode}: ${this.#errors}`
  }

  async stop(): Promise<void> {
    if (this.#process.connected) this.#process.send('stop' satisfies Order)
    await this.#ended
  }

  async kill(): Promise<void> {
    this.#killed = true
    this.#process.kill('SIGKILL')
    await this.#ended
  }
}
