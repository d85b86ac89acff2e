import { rebuild } from 'annals/operations'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Place } from '../following/place.ts'
import { program } from './models.ts'

/** What a process is to do at a place. */
export interface Work {
  readonly place: Place
  readonly version: number
  /** `build`: until the version is built. `keep`: run and read the version until it is told to stop. */
  readonly role: 'build' | 'keep'
  readonly list: 'inline' | 'background'
  /** How many events each document has had from the beginning. */
  readonly base: number
  readonly ids: readonly string[]
}

/** What a process says: that it has caught up and read everything once, or what it has seen that cannot be. */
export interface Said {
  readonly ready?: true
  readonly wrong?: string
}

const { place, version, role, list, base, ids } = JSON.parse(process.argv[2] ?? '') as Work // what a `Worker` sent
const { app, Counts, kept } = program(place, version, list)

function say(said: Said): void {
  process.send?.(said)
}

/** Reads documents again and again: none may lack what was there from the beginning, nor go back. */
async function readOn(goesOn: () => boolean, caughtUp: Promise<void>): Promise<void> {
  const seen = new Map<string, number>()
  while (goesOn()) {
    for (const id of ids) {
      const { events = 0 } = (await app.find(Counts, id)) ?? {}
      const before = seen.get(id) ?? base
      if (events < before)
        say({ wrong: `version ${version} shows ${events} events of ${id} after ${before}` })
      seen.set(id, events)
      await delay(2) // leaves the two cores to those who build
      if (!goesOn()) return
    }
    await caughtUp
    say({ ready: true })
  }
}

if (role === 'build') for (const each of kept) await rebuild(app, each)
else {
  let goesOn = true
  process.once('message', () => (goesOn = false))
  await app.start()
  const caughtUp = app.caughtUp({ timeout: '60s' })
  await Promise.all([caughtUp, readOn(() => goesOn, caughtUp)])
}
await app.close()
process.disconnect()
