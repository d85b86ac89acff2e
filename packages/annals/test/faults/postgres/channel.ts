import { promisify } from 'node:util'
import process from 'node:process'

/** Tells the process that started this one; what was told arrives even when this one is killed after it. */
export async function tell(message: object): Promise<void> {
  // it is a child by fork, or there is nobody to tell
  const send = process.send?.bind(process) as (
    message: object,
    handle: undefined,
    options: undefined,
    sent: (error: Error | null) => void,
  ) => void
  await promisify(send)(message, undefined, undefined)
}

/** Aborts when this process is told to stop; it ends when nobody listens any more. */
export function stopping(): AbortSignal {
  const stop = new AbortController()
  process.once('message', () => stop.abort())
  process.once('disconnect', () => process.exit())
  return stop.signal
}
