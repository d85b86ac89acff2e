import { foldAll, refusePromise, type Call } from '../core/deciding.ts'
import { ConflictError } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import { checkWhole } from '../core/options.ts'
import { eventsOf, type Loaded } from './history.ts'
import { checkStreamGuard } from './refusals.ts'
import { attempts, retrying } from './retry.ts'
import type { Session } from './session.ts'
import { inTurn } from './turns.ts'
import { Unit, type Held } from './unit.ts'
import { watched } from './watched.ts'

/** How one command is run. */
export interface OpenOptions<S = unknown, E extends Event = Event> {
  /** Refuse unless the aggregate is at this version: If-Match. */
  readonly version?: number
  /**
   * The same request twice has its effect, and its answer, once. A key counts for one stream, for as
   * long as the store keeps it; a rejection is not remembered, so that it may go through later.
   */
  readonly once?: string
  /**
   * On a conflict: look at the state now and at what happened meanwhile, then go on, which decides
   * again, or reject.
   */
  readonly resolve?: (state: S, theirs: readonly E[]) => void
}

/** What a command gave. */
export interface Answer extends Loaded<unknown> {
  readonly events: readonly Event[]
  /** Whether this is the answer that a `once` key gave before, and nothing was done now. */
  readonly repeated: boolean
}

/** Loads, decides and appends one command; on a conflict, all of it again. */
export async function run(session: Session, call: Call, options: OpenOptions): Promise<Answer> {
  const { version, once = session.onceEach?.(), resolve } = options
  checkWhole('open: version', version)
  const stream = { category: call.aggregate.category, id: call.id }
  // under a version a conflict is final, but it may be this very request: its key is looked up once more
  const final = version !== undefined && !resolve
  const times = !final ? attempts : once === undefined ? 1 : 2
  try {
    return await watched(session, { name: call.name, stream }, (acting) =>
      inTurn(acting, stream, () =>
        decideAndAppend(acting, call, { ...options, ...(once !== undefined && { once }) }, times),
      ),
    )
  } catch (error) {
    if (!(error instanceof ConflictError) || !final) throw error
    throw new ConflictError(error.message, { cause: error, retry: false })
  }
}

function decideAndAppend(
  session: Session,
  call: Call,
  options: OpenOptions,
  times: number,
): Promise<Answer> {
  const { version, once, resolve } = options
  let base = version
  return retrying(session, times, async () => {
    const unit = new Unit(session)
    const before = once === undefined ? undefined : await unit.recall(call, once)
    if (before) return before
    const held = await unit.hold(call.aggregate, call.id)
    if (base !== undefined && held.version !== base) await reconcile(session, held, base, options)
    if (resolve) base = held.version
    await unit.call(call, once)
    const { events, position } = await unit.commit()
    return answer(held, events, position)
  })
}

/** The stream is not where the caller, or the last attempt, saw it. */
async function reconcile(
  session: Session,
  { fold, stream, state, version }: Held,
  base: number,
  { resolve }: OpenOptions,
): Promise<void> {
  if (!resolve || version < base) checkStreamGuard({ ...stream, version: base }, version)
  const theirs = await eventsOf(session, fold.events, stream, { after: base, until: version })
  refusePromise('resolve', resolve?.(state, theirs))
}

function answer({ fold, loaded }: Held, events: readonly Event[], position: number): Answer {
  const state = foldAll<unknown>(fold, loaded.state, events)
  return { state, version: loaded.version + events.length, position, events, repeated: false }
}
