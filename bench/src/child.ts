import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A process of its own, that answers one message after the other. */
export interface Child {
  ask(message: object): Promise<unknown>
  /** Sends what has no answer. */
  tell(message: object): void
  /** Lets it end: it is told by the channel that closes. */
  stop(): Promise<void>
}

/** Starts a module in a process of its own, and waits until it says that it is ready. */
export async function startChild(module: URL, task: object): Promise<Child> {
  const process = fork(module, [JSON.stringify(task)], {
    execArgv: ['--conditions=annals-source'],
  })
  await answer(process)
  return {
    ask: (message) => {
      const answered = answer(process)
      process.send(message)
      return answered
    },
    tell: (message) => {
      process.send(message)
    },
    stop: async () => {
      if (process.exitCode !== null) return
      const ended = once(process, 'exit')
      process.disconnect()
      await ended
    },
  }
}

/** What a child does: says that it is ready, and answers until it is stopped; what it is told, it does not answer. */
export function serve(
  reply: (message: unknown) => Promise<object | undefined>,
  stop: () => Promise<void> | void,
): void {
  process.on('message', (message) => {
    void reply(message).then((answered) => answered && process.send?.(answered))
  })
  process.once('disconnect', () => void stop())
  process.send?.({ ready: true })
}

/** What this process was started with. */
export function givenTask(): unknown {
  return JSON.parse(process.argv[2] ?? '')
}

async function answer(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController()
  const end = () => gone.abort(new Error('the process has ended'))
  child.once('exit', end)
  try {
    const [message] = (await once(child, 'message', { signal: gone.signal })) as [unknown]
    return message
  } finally {
    child.off('exit', end)
  }
}
