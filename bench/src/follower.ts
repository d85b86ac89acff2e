// A process of its own: it follows a log that another process appends to. It is told a position, and when it has
// handled that, it answers when it entered the handler of each since it was told the last.
import { serve, givenTask } from './child.ts'
import { monotonic, type Followed, type Handled, type Until } from './following.ts'
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

serve(
  async (asked): Promise<Handled> => {
    const { until } = asked as Until
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
