import { execFile, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Answer, Deeds, LifeOptions, Order, Report, WorkerOptions } from './messages.ts'
import type { Place } from './place.ts'

const run = promisify(execFile)

/** How long a deed may take, in milliseconds. */
const patience = 60_000

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The processes that run. */
const running = new Set<ChildProcess>()

// one that is halted does not hear that the process of the tests has ended
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A process was gone before it had done what it was asked for. */
export class Gone extends Error {}

/** A deed ended with an error of the library. */
class Refused extends Error {
  readonly code: string

  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    super(message)
    this.code = code
  }
}

/** A process that keeps models at a place, from its start to its end. */
export class Life implements AsyncDisposable {
  /** How it ended: by which signal, or with which code. */
  readonly ended: Promise<string>
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0
  #errors = ''
  #over = false

  constructor(place: Place, options: LifeOptions) {
    const worker: WorkerOptions = { ...options, place }
    this.#process = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify(worker)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // half of its start is the compilation of the same sources
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'annals-compiled') },
    })
    this.#process.stderr?.on('data', (text) => (this.#errors += String(text)))
    this.#process.on('error', () => undefined) // it ends, which is told
    this.#process.on('message', (answer: Answer) => this.#hear(answer))
    this.ended = once(this.#process, 'close').then(() => this.#end())
    running.add(this.#process)
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Asks for a deed, and waits for what comes of it. */
  do<Name extends keyof Deeds>(
    deed: Name,
    ...given: Parameters<Deeds[Name]>
  ): Promise<Awaited<ReturnType<Deeds[Name]>>> {
    const id = ++this.#asked
    const answered = new Promise<unknown>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${deed} took too long`)), patience)
      const settled = (settle: () => void) => {
        clearTimeout(late)
        settle()
      }
      this.#waiting.set(id, {
        resolve: (value) => settled(() => resolve(value)),
        reject: (error) => settled(() => reject(error)),
      })
    })
    if (this.#over) this.#waiting.get(id)?.reject(this.#gone())
    // when it is just dying, its end is told
    else this.#process.send({ id, deed, given } satisfies Order, () => undefined)
    // the worker answers with what its deed of the name gives
    return answered as ReturnType<Deeds[Name]> as Promise<Awaited<ReturnType<Deeds[Name]>>>
  }

  report(): Promise<Report> {
    return this.do('report')
  }

  /** Waits until it has halted itself. */
  async halted(): Promise<void> {
    const look = () => run('ps', ['-o', 'state=', '-p', String(this.pid)])
    while (!(await look()).stdout.startsWith('T')) await delay(10)
  }

  /** Lets it go on. */
  goOn(): void {
    this.#process.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #hear({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(new Refused(error))
    else waiting?.resolve(value)
  }

  #end(): string {
    this.#over = true
    running.delete(this.#process)
    for (const { reject } of this.#waiting.values()) reject(this.#gone())
    const { signalCode, exitCode } = this.#process
    return signalCode ?? `${exitCode}${this.#errors && `: ${this.#errors}`}`
  }

  #gone(): Gone {
    const { signalCode, exitCode } = this.#process
    return new Gone(`the process ended with ${signalCode ?? exitCode}: ${this.#errors}`)
  }
}
