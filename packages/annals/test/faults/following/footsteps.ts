import { spawn } from 'node:child_process'
import process from 'node:process'

/** Where a process is struck: right before or right after it does something for the n-th time. */
export interface Fate {
  readonly step: string
  readonly when: 'before' | 'after'
  readonly call: number
  /** `SIGSTOP` only halts it, until somebody lets it go on. */
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

// What is halted does not see that whoever started it was killed, and would stay for ever.
const watch = 'while kill -0 "$0" && kill -0 "$1"; do sleep 1; done 2>/dev/null; kill -9 "$1"'

/** Lets this process end with the one that started it, though it is halted. */
function watchOver(): void {
  const { pid, ppid } = process
  const options = { detached: true, stdio: 'ignore' } as const
  spawn('sh', ['-c', watch, String(ppid), String(pid)], options).unref()
}

/** Counts what a process does, by name, and strikes it where it is told to. */
export class Footsteps {
  readonly #fate: Fate | undefined
  readonly #counts = new Map<string, number>()
  readonly #errors: Record<string, number> = {}

  constructor(fate: Fate | undefined) {
    this.#fate = fate
  }

  /** How often each thing was done. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  /** How often things ended with errors, by their names and codes. */
  get errors(): Readonly<Record<string, number>> {
    return this.#errors
  }

  /** Does something under a name; what it gives may be a promise. */
  take<Result>(step: string, work: () => Result): Result {
    const call = (this.#counts.get(step) ?? 0) + 1
    this.#counts.set(step, call)
    this.#strike(step, 'before', call)
    let result: Result
    try {
      result = work()
    } catch (error) {
      this.#failed(step, error)
      this.#strike(step, 'after', call)
      throw error
    }
    if (result instanceof Promise)
      // as it was, only later
      return result.then(
        (value: unknown) => {
          this.#strike(step, 'after', call)
          return value
        },
        (error: unknown) => {
          this.#failed(step, error)
          this.#strike(step, 'after', call)
          throw error
        },
      ) as Result
    this.#strike(step, 'after', call)
    return result
  }

  #strike(step: string, when: Fate['when'], call: number): void {
    const fate = this.#fate
    if (fate?.step !== step || fate.when !== when || fate.call !== call) return
    if (fate.signal === 'SIGSTOP') watchOver()
    process.kill(process.pid, fate.signal)
  }

  #failed(step: string, error: unknown): void {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : String(error)
    const name = `${step}: ${String(code)}`
    this.#errors[name] = (this.#errors[name] ?? 0) + 1
  }
}
