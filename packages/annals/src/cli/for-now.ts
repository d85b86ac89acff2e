import { MisuseError, type App } from 'annals'
import {
  status,
  unbuilt,
  versions,
  type VersionStatus,
  type WhichProcessor,
} from 'annals/operations'
import { NotNow } from './failures.ts'

/**
 * Waits for what was asked for.
 *
 * @throws NotNow where it is refused, and `isForNow` finds that the same command line may be taken later.
 */
export async function unlessForNow<Done>(
  work: Promise<Done>,
  isForNow: () => Promise<boolean>,
): Promise<Done> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof MisuseError) || !(await isForNow())) throw error
    throw new NotNow(error.message, { cause: error })
  }
}

/** Whether it is other processes that keep a version from being dropped, and not what this one was told. */
export async function isKept(
  app: App,
  { name, version, live }: { name: string; version: string; live: boolean },
): Promise<boolean> {
  const known = await versions(app)
  const found = known.find((one) => one.name === name && one.version === version)
  if (!found || (found.live && !live)) return false
  return found.runners > 0 || !found.declared
}

/** Whether what is to be built is paused. */
export async function isPaused(app: App, which: WhichProcessor): Promise<boolean> {
  const { processors } = await status(app)
  return processors.some(({ state, ...one }) => state === 'paused' && isMeant(which, one))
}

/** Whether the app declares a version of the name that has not been built. */
export async function isUnbuilt(app: App, name: string): Promise<boolean> {
  const { processors } = await status(app)
  return processors.some((one) => one.name === name && one.state === 'new')
}

/** The version that is meant, where it is built and live already. */
export async function builtBefore(
  app: App,
  which: WhichProcessor,
): Promise<VersionStatus | undefined> {
  const waiting = await unbuilt(app)
  if (waiting.some((one) => isMeant(which, one))) return undefined
  const known = await versions(app)
  return known.find(
    (one) => one.kind !== 'subscription' && one.declared && one.live && isMeant(which, one),
  )
}

function isMeant(which: WhichProcessor, one: { name: string; version: string }): boolean {
  const given = typeof which === 'string' ? which : `${which.name}@${which.version}`
  return given === one.name || given === `${one.name}@${one.version}`
}
