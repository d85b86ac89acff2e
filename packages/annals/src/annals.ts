import { handleOf, type AnyAggregate, type PlainAggregate } from './core/deciding.ts'
import { misuse } from './core/errors.ts'
import type { Event } from './core/event.ts'
import { checkOptions } from './core/options.ts'
import type { App } from './processing/app.ts'
import { Processing } from './processing/processing.ts'
import { checkRebuild, type RebuildSettings } from './processing/rebuilding.ts'
import type { Processor } from './processing/processor.ts'
import { keepParts } from './processing/parts.ts'
import { clockOf } from './store/clock.ts'
import { checkDeclarations } from './store/declarations.ts'
import { run, type OpenOptions } from './store/commands.ts'
import { decide } from './store/decisions.ts'
import { load } from './store/history.ts'
import { read } from './store/reading.ts'
import { bind, type Session } from './store/session.ts'
import type { EventStore } from './store/store.ts'
import { together } from './store/together.ts'

/** What an app is made of. */
export interface Config<Tx = never> {
  readonly store: EventStore<Tx>
  /** The aggregates of the app: their events must agree with each other. */
  readonly aggregates?: readonly AnyAggregate[]
  /** Views and projections to keep in the transactions that append. */
  readonly inline?: readonly Processor<NoInfer<Tx>>[]
  /** Views, projections and subscriptions that follow the log, once `start` is called. */
  readonly background?: readonly Processor<NoInfer<Tx>>[]
  /** How new versions of views and projections are built. */
  readonly rebuild?: RebuildSettings
  /** What time it is while a command decides; the store has a clock of its own. */
  readonly clock?: () => Date
}

/**
 * Puts an app together.
 *
 * @throws MisuseError `ANNALS_OPTION` when two of its aggregates have one category, two of its read models or
 *   subscriptions have one name (and, of read models, one version), or one event type is declared differently.
 */
export function annals<Tx = never>(config: Config<Tx>): App<Tx> {
  checkOptions('annals', config, [
    'store',
    'aggregates',
    'inline',
    'background',
    'rebuild',
    'clock',
  ])
  const { store, aggregates = [], inline = [], background = [], rebuild = {} } = config
  checkStore(store)
  for (const [name, list] of Object.entries({ aggregates, inline, background }))
    if (!Array.isArray(list)) misuse(`annals: ${name} takes a list of them`)
  checkProcessors(inline, background)
  checkRebuild(rebuild)
  checkDeclarations(
    aggregates,
    [...inline, ...background].map(({ events }) => events),
  )
  // what follows hands transactions on as they are, and never looks at them
  const plain = store as unknown as EventStore
  const session: Session<Tx> = {
    store,
    clock: clockOf('annals', config.clock),
    tenant: '',
    origin: {},
  }
  const processing = new Processing({
    store: plain,
    inline,
    background,
    rebuild,
    appFor: (processor, event, traceparent) => {
      const bound = actingBecauseOf(acting, processor, event, traceparent)
      return appOf(bound as unknown as Session, whole, nothing)
    },
  })
  const whole: Whole = { processing, aggregates }
  const acting: Session<Tx> = { ...session, companions: processing.companions }
  return appOf(acting, whole, async () => {
    await processing.stop()
    await store.close()
  })
}

const nothing = async () => undefined

/** What all that acts for an app shares. */
interface Whole {
  readonly processing: Processing
  readonly aggregates: readonly PlainAggregate[]
}

function checkStore(store: unknown): void {
  if (typeof store === 'object' && store && 'append' in store) return
  misuse('annals needs a store, such as memory() or sqlite(path)')
}

function checkProcessors(
  inline: readonly Processor<unknown>[],
  background: readonly Processor<unknown>[],
): void {
  const known = new Map<string, Processor<unknown>[]>()
  for (const processor of [...inline, ...background]) {
    const { name, version, kind } = processor
    if (typeof name !== 'string')
      misuse('annals: inline and background take what view, projection or subscription gives')
    const others = known.get(name) ?? []
    // the version before may be kept up to date beside the new one
    if (others.some((other) => other.version === version || other.kind !== kind))
      misuse(`annals: two of inline and background have the name ${name}`)
    known.set(name, [...others, processor])
  }
  for (const { kind, name } of inline)
    if (kind === 'subscription')
      misuse(
        `annals: ${name} is a subscription, whose effects cannot be taken back; name it in background`,
      )
}

/** A session for what is done because of an event, in the trace of it unless what is done with it has one of its own. */
function actingBecauseOf<Tx>(
  session: Session<Tx>,
  processor: string,
  event: Event,
  traceparent = event.metadata.traceparent,
): Session<Tx> {
  const { correlation } = event.metadata
  let calls = 0
  return {
    ...session,
    tenant: event.tenant,
    origin: { correlation, causation: event.id, ...(traceparent !== undefined && { traceparent }) },
    onceEach: () => `${processor}/${event.id}/${++calls}`,
  }
}

function appOf<Tx>(session: Session<Tx>, whole: Whole, close: () => Promise<void>): App<Tx> {
  const { processing, aggregates } = whole
  // as above
  const plain = session as unknown as Session
  const app: App<Tx> = {
    open: (aggregate, id, options = {}) => {
      checkOptions('open', options, ['version', 'once', 'resolve'])
      const type: PlainAggregate = aggregate
      return handleOf(
        type,
        (name, args) =>
          run(plain, { aggregate: type, id, name, args }, options as OpenOptions) as never,
      )
    },
    load: (aggregate, id, options = {}) => {
      checkOptions('load', options, ['until', 'at'])
      const { fold, category }: PlainAggregate = aggregate
      return load(plain, fold, { category, id }, options) as never
    },
    decide: (decision, ...args) => decide(plain, decision, args) as never,
    together: (work) => together(plain, work),
    read: (events, query, options) => read(plain, events, query, options),
    find: (view, key, options = {}) => processing.find(plain, view, key, options),
    query: (view, query = {}) => processing.query(plain, view, query),
    count: (view, where) => processing.count(plain, view, where),
    start: () => processing.start(),
    caughtUp: (options = {}) => processing.caughtUp(options),
    with: (acting) => appOf(bind(session, acting), whole, nothing),
    close,
    [Symbol.asyncDispose]: close,
  }
  keepParts(app, { store: plain.store, session: plain, processing, aggregates })
  return app
}
