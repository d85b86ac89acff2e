import {
  handleOf,
  type AnyAggregate,
  type PlainAggregate,
  type Handle,
  type StateOf,
} from '../core/deciding.ts'
import { misuse } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import { checkOptions } from '../core/options.ts'
import { attempts, retrying } from './retry.ts'
import { bind, type Session } from './session.ts'
import type { Position } from './store.ts'
import { Unit } from './unit.ts'
import { eventId } from './event-id.ts'
import { watched } from './watched.ts'

/** An aggregate's state inside a unit of work: its events are not recorded yet. */
export interface Tentative<S> {
  readonly state: S
  readonly version: number
}

/** What a command in a unit of work gave. */
export interface TentativeAnswer<S> extends Tentative<S> {
  /** Whether this is the answer that a `once` key gave before, and nothing was done now. */
  readonly repeated: boolean
}

/** What a unit of work can do. */
export interface Together {
  /** The commands of an aggregate, decided now and appended at the end. */
  open<A extends AnyAggregate>(
    aggregate: A,
    id: string,
    options?: { readonly once?: string },
  ): Handle<A, Promise<TentativeAnswer<StateOf<A>>>>
  /** The state as this unit has it; the append is refused should it change meanwhile. */
  load<A extends AnyAggregate>(aggregate: A, id: string): Promise<Tentative<StateOf<A>>>
}

/** What a unit of work became. */
export interface TogetherDone<R> {
  /** What the work returned. */
  readonly result: R
  readonly events: readonly Event[]
  readonly position: Position
}

/** Runs the work and appends all it decided; on a conflict, the whole work again. */
export function together<R>(
  session: Session,
  work: (both: Together) => Promise<R>,
): Promise<TogetherDone<R>> {
  return watched(session, { name: 'together', stream: undefined }, (acting) =>
    decideAndAppend(acting, work),
  )
}

async function decideAndAppend<R>(
  session: Session,
  work: (both: Together) => Promise<R>,
): Promise<TogetherDone<R>> {
  const { correlation = eventId(session.clock()) } = session.origin
  const correlated = bind(session, { correlation })
  const own = session.onceEach?.()
  return retrying(session, attempts, async () => {
    // the same keys each time it is done
    let calls = 0
    const onceEach = own === undefined ? undefined : () => `${own}/${++calls}`
    const scope = new Scope(new Unit(correlated), onceEach)
    const result = await work(scope)
    const { events, position } = await scope.end()
    return { result, events, position }
  })
}

/** One attempt at a unit of work: its calls run one after the other, however they are awaited. */
class Scope implements Together {
  readonly #unit: Unit
  readonly #onceEach: (() => string) | undefined
  #last: Promise<unknown> = Promise.resolve()
  #running = 0
  #failure: { readonly error: unknown } | undefined
  #ended = false

  constructor(unit: Unit, onceEach: (() => string) | undefined) {
    this.#unit = unit
    this.#onceEach = onceEach
  }

  open<A extends AnyAggregate>(
    aggregate: A,
    id: string,
    options: { readonly once?: string } = {},
  ): Handle<A, Promise<TentativeAnswer<StateOf<A>>>> {
    checkOptions('open in together', options, ['once'])
    const type: PlainAggregate = aggregate
    return handleOf(type, (name, args) =>
      this.#next(async () => {
        const call = { aggregate: type, id, name, args }
        const { once = this.#onceEach?.() } = options
        const before = once === undefined ? undefined : await this.#unit.recall(call, once)
        const { state, version } = before ?? (await this.#unit.call(call, once))
        // the state of the aggregate that was asked for
        return { state: state as StateOf<A>, version, repeated: before !== undefined }
      }),
    )
  }

  load<A extends AnyAggregate>(aggregate: A, id: string): Promise<Tentative<StateOf<A>>> {
    return this.#next(async () => {
      const { state, version } = await this.#unit.hold(aggregate, id)
      return { state: state as StateOf<A>, version } // as above
    })
  }

  /**
   * Appends what was decided. Nothing is appended where a call failed, whoever caught its error, nor
   * where one was not awaited: it may be the other half of a whole.
   */
  async end(): Promise<Awaited<ReturnType<Unit['commit']>>> {
    this.#ended = true
    const unawaited = this.#running
    await this.#last
    if (this.#failure) throw this.#failure.error
    if (unawaited > 0)
      misuse(`the work of together ended before ${unawaited} of its calls; await every one`)
    return this.#unit.commit()
  }

  #next<R>(step: () => Promise<R>): Promise<R> {
    return this.#ended ? refuseLate() : this.#run(step)
  }

  #run<R>(step: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(step)
    this.#running++
    this.#last = turn.then(
      () => void this.#running--,
      (error: unknown) => {
        this.#running--
        this.#failure ??= { error }
      },
    )
    return turn
  }
}

async function refuseLate(): Promise<never> {
  misuse('the work of together has ended; await every call inside it')
}
