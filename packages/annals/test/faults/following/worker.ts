import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { annals } from '../../../src/annals.ts'
import { AnnalsError } from '../../../src/core/errors.ts'
import { tell } from '../postgres/channel.ts'
import { Footsteps } from './footsteps.ts'
import type { Answer, Deeds, Order, Walking, WorkerOptions } from './messages.ts'
import { idleModels, modelsOf } from './models.ts'
import { storeAt } from './place.ts'
import { watched, without } from './ports.ts'
import { overDrivers } from './statements.ts'
import { Walk } from './walk.ts'

// Keeps models at a place, and does what it is asked for; it may be told when to kill itself.

const options = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions
const { place, conduct = {}, inline = [], background = [], idle = 0 } = options
const turns = monitorEventLoopDelay({ resolution: 10 })
turns.enable()
const footsteps = new Footsteps(options.fate)
overDrivers(footsteps, options.replaced ?? [])

const opened = watched(storeAt(place, options), footsteps)
const store = options.without ? without(opened, options.without) : opened
const models = modelsOf({ place, conduct, footsteps })
const app = annals<unknown>({
  store,
  aggregates: [Walk],
  inline: inline.map((name) => models[name]),
  background: [...background.map((name) => models[name]), ...idleModels(idle)],
})

// each step is acknowledged before the next
async function goOn(walk: string, upTo: number): Promise<number> {
  for (;;) {
    const { state, position } = await patiently(() => app.open(Walk, walk).goOn(upTo))
    if (state.steps >= upTo) return position
  }
}

// in milliseconds: shorter than that of whoever waits, so that they hear why
const patience = 50_000

/** Does again what the server could not do just now: whoever walks on looks at how far it is. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const end = performance.now() + patience; ;)
    try {
      return await work()
    } catch (error) {
      const passes =
        error instanceof AnnalsError && (error.retry || error.code === 'ANNALS_OUTCOME_UNKNOWN')
      if (!passes || performance.now() > end) throw error
      await delay(20)
    }
}

const deeds: Deeds = {
  start: () => patiently(() => app.start()),
  walk: async ({ walks, upTo }: Walking) =>
    Math.max(...(await Promise.all(walks.map((walk) => goOn(walk, upTo))))),
  settle: async () => {
    for (const end = performance.now() + patience; ; await delay(10)) {
      const caughtUp = await app.caughtUp().then(
        () => '',
        (error: unknown) => String(error),
      )
      const overview = await patiently(() => store.ledger.overview(keptHere()))
      if (!caughtUp && overview.every(({ parked }) => parked === 0)) return
      if (performance.now() > end)
        throw new Error(`nothing settles: ${caughtUp} ${JSON.stringify(overview)}`)
    }
  },
  find: ({ view, key, after, timeout }) =>
    app.find(models[view], key, {
      ...(after !== undefined && { after }),
      ...(timeout && { timeout }),
    }),
  report: async () => {
    const { user, system } = process.cpuUsage()
    globalThis.gc?.()
    return {
      counts: footsteps.counts,
      errors: footsteps.errors,
      resident: process.memoryUsage.rss(),
      cpu: (user + system) / 1_000,
      standstill: turns.max / 1_000_000,
    }
  },
  close: () => app.close(),
}

function keptHere() {
  return [...inline, ...background].map((name) => models[name])
}

async function answered({ id, deed, given }: Order): Promise<Answer> {
  try {
    const work = deeds[deed] as (...args: readonly unknown[]) => Promise<unknown>
    return { id, value: await work(...given) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { id, error: { code, message: String(error) } }
  }
}

process.on('message', (order: Order) => {
  void answered(order).then(async (answer) => {
    await tell(answer)
    if (order.deed === 'close') process.exit()
  })
})
process.once('disconnect', () => process.exit())
