import { argv, exit } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { postgres } from '../../../src/adapters/postgres/index.ts'
import { UnavailableError } from '../../../src/core/errors.ts'
import { tell, stopping } from './channel.ts'
import { following } from './following.ts'
import type { FollowerMessage, FollowerOptions } from './messages.ts'

// Reads everything that is settled, from where it was, until it is told to stop; tells what it saw.

const { url, schema } = JSON.parse(argv[2] ?? '{}') as FollowerOptions
const store = postgres(url, { schema })
const stop = stopping()

let cursor = 0

async function follow(): Promise<void> {
  for await (const progress of following(store, cursor)) {
    cursor = progress.cursor
    await tell({ kind: 'saw', ...progress } satisfies FollowerMessage)
  }
  await store.wake(cursor, stop)
}

while (!stop.aborted) {
  try {
    await follow()
  } catch (error) {
    if (!stop.aborted && !(error instanceof UnavailableError)) throw error
    await delay(20) // the server may be down
  }
}
await store.close()
exit(0)
