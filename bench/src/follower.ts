// A process of its own: it follows a log that another process appends to. It is asked for a position, and when it has
// handled that, it answers when it entered the handler of each since it was asked the last. Of some logs it is told of
// each append, and looks for what it made.
import { serve, givenTask } from './child.ts'
import { monotonic, type Followed, type Handled, type Shown, type Until } from './following.ts'
import { growingLogs } from './growing-log.ts'

const { log: name, where } = givenTask() as Followed
const kind = growingLogs.find((each) => each.name === name)
if (!kind) throw new Error(`there is no log ${name}`)
const log = await kind.open(where)

let entries: [position: number, entered: number][] = []
let reached = 0
let waiting: { readonly until: number; readonly resolve: () => void } | undefined
const handle = (position: number) => {
  entries.push([position, monotonic()])
  reached = Math.max(reached, position)
  if (waiting && reached >= waiting.until) waiting.resolve()
}

const stopping = new AbortController()
const following = log.follow(handle, stopping.signal).catch((error: unknown) => {
  if (!stopping.signal.aborted) throw error
})
let cpu = process.cpuUsage()

const looking = new Set<Promise<void>>()
const look = async ({ answered }: Shown) => {
  await log.shown?.(answered)
  handle(answered)
}

serve(
  async (message): Promise<Handled | undefined> => {
    const asked = message as Until | Shown
    if ('answered' in asked) {
      const looked = look(asked).finally(() => looking.delete(looked))
      looking.add(looked)
      return undefined
    }
    await Promise.all(looking)
    const { until } = asked
    await new Promise<void>((resolve) => {
      waiting = { until, resolve }
      if (reached >= until) resolve()
    })
    const handled = { entries, cpu: spent(process.cpuUsage(cpu)) }
    entries = []
    cpu = process.cpuUsage()
    return handled
  },
  async () => {
    stopping.abort()
    await following
    await log.close()
  },
)

function spent({ user, system }: NodeJS.CpuUsage): number {
  return user + system
}
