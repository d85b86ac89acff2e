import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Said, Work } from './worker.ts'

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A process that builds a version, or keeps and reads one. */
export class Worker implements AsyncDisposable {
  /** How it ended: a signal, or a code with what it said to the end. */
  readonly ended: Promise<string>
  /** What it has seen that cannot be. */
  readonly wrong: string[] = []
  readonly #process: ChildProcess
  readonly #ready = Promise.withResolvers<void>()
  #errors = ''

  constructor(work: Work) {
    this.#process = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify(work)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'annals-compiled') },
    })
    running.add(this.#process)
    this.#process.stderr?.on('data', (text) => (this.#errors += String(text)))
    this.#process.on('message', ({ ready, wrong }: Said) => {
      if (ready) this.#ready.resolve()
      if (wrong !== undefined) this.wrong.push(wrong)
    })
    this.#ready.promise.catch(() => undefined) // it is told where it is awaited
    this.ended = once(this.#process, 'close').then(() => this.#end())
  }

  /** When it has read everything once. */
  ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Lets it end what it does; gives what it has seen that cannot be. */
  async stop(): Promise<readonly string[]> {
    this.#process.send('stop', () => undefined)
    const end = await this.ended
    return end === '0' ? this.wrong : [...this.wrong, end]
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #end(): string {
    running.delete(this.#process)
    const { signalCode, exitCode } = this.#process
    this.#ready.reject(new Error(`the process ended: ${signalCode ?? exitCode} ${this.#errors}`))
    return signalCode ?? `${exitCode}${this.#errors && `: ${this.#errors}`}`
  }
}
