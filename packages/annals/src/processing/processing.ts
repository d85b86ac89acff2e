import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds } from '../core/duration.ts'
import { misuse, StorageError, UnavailableError } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { Companions } from '../store/appending.ts'
import { checkName } from '../store/admission.ts'
import type { Overview, Registration } from '../store/ledger.ts'
import { within, type Session } from '../store/session.ts'
import { shared } from '../store/shared.ts'
import { hashOf } from '../store/slices.ts'
import type { EventStore, Position } from '../store/store.ts'
import type { FindOptions, WaitOptions } from './app.ts'
import type { AppFor } from './handling.ts'
import { inlineOf } from './inline.ts'
import { isSame, type Processor } from './processor.ts'
import type { Projection } from './projection.ts'
import { conditionOf, pageOf, prepared, type QueryPage, type ViewQuery } from './query.ts'
import { Runner, type Running } from './runner.ts'
import type { Subscription } from './subscription.ts'
import { stateOf, type AnyView, type View } from './view.ts'

/** What an app keeps up to date, and with what. */
export interface ProcessingParts {
  readonly store: EventStore
  readonly inline: readonly Processor<unknown>[]
  readonly background: readonly Processor<unknown>[]
  readonly appFor: AppFor
}

// in milliseconds, between two looks at how far another process has come
const shortestLook = 5
const longestLook = 100

/** What an app keeps up to date: it registers and runs it, and waits for it. */
export class Processing {
  readonly processors: readonly Processor<unknown>[]
  readonly #parts: ProcessingParts
  readonly #runner: Runner
  /** How all that the app keeps stands; however many wait, one looks for them. */
  readonly #overview: () => Promise<readonly Overview[]>
  #registered: Promise<void> | undefined
  #started: Promise<void> | undefined
  #stopped = false
  #startedAt = 0
  /** The last position that this app appended at. */
  #appended: Position = 0

  constructor(parts: ProcessingParts) {
    const { store, inline, background, appFor } = parts
    this.#parts = parts
    this.processors = [...inline, ...background]
    this.#overview = shared(() => store.ledger.overview(this.processors))
    this.#runner = new Runner({
      store,
      processors: this.processors,
      inline: new Set(inline),
      appFor,
    })
  }

  /** What goes along with the appends of the app. */
  get companions(): Companions {
    return {
      inline: async (events, tenant) => {
        const { inline } = this.#parts
        if (inline.length === 0) return undefined
        await this.registered()
        return inlineOf(inline, events, tenant)
      },
      appended: (position) => {
        this.#appended = Math.max(this.#appended, position)
      },
    }
  }

  /** Begins to run everything. */
  async start(): Promise<void> {
    if (this.#stopped) misuse('the app is closed; make a new one')
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined // it may be tried again
      throw error
    })
    await this.#started
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (!this.#started) return
    await this.#started.catch(() => undefined) // who started it was told
    await this.#runner.stop()
  }

  /** When the store has what the processors need. */
  registered(): Promise<void> {
    this.#registered ??= this.#register().catch((error: unknown) => {
      this.#registered = undefined
      throw error
    })
    return this.#registered
  }

  /** Looks after everything that runs here at once: something was asked of it. */
  nudge(): void {
    if (this.#started) this.#runner.nudge()
  }

  /** What this process knows of a processor that it runs. */
  running(processor: Processor<unknown>): Running | undefined {
    return this.#started && !this.#stopped ? this.#runner.running(processor) : undefined
  }

  async find<S>(
    session: Session,
    view: View<S>,
    key: string,
    options: FindOptions,
  ): Promise<S | undefined> {
    this.#checkKept(view)
    checkOptions('find', options, ['after', 'timeout', 'signal'])
    checkName(`key of the view ${view.name}`, key)
    await this.registered()
    const { tenant } = session
    const { after } = options
    checkWhole('find: after', after)
    if (after !== undefined) await this.#seen(view, { tenant, key }, { ...options, after })
    const place = { tenant, key }
    const found = await session.store.documents.find(view, place, withTx(session))
    return found && stateOf(view, found)
  }

  async query<S>(
    session: Session,
    view: View<S>,
    query: ViewQuery<S, string>,
  ): Promise<QueryPage<S>> {
    this.#checkKept(view)
    const ready = prepared(view, session.tenant, query)
    await this.registered()
    const { documents } = session.store
    return pageOf(view, ready, await documents.select(view, ready.selection, withTx(session)))
  }

  async count(session: Session, view: AnyView, where: object | undefined): Promise<number> {
    this.#checkKept(view)
    const selection = { tenant: session.tenant, where: conditionOf(view, where) }
    await this.registered()
    return session.store.documents.count(view, selection, withTx(session))
  }

  /** Waits until all processors have handled what is recorded now. */
  async caughtUp(options: WaitOptions): Promise<void> {
    checkOptions('caughtUp', options, ['timeout', 'signal'])
    await this.registered()
    const { position, head } = await this.#parts.store.watermark()
    // what was appended last may not have settled yet, or be lost, where the head is before it: by a failover to what had less
    const goal = Math.min(head, Math.max(position, this.#appended))
    await waited(options, '30s', async () => {
      const behind = (await this.#standings(this.processors)).filter(
        ({ processor, standing }) => !this.#hasSeen(processor, standing, goal),
      )
      for (const { standing } of behind) this.#nudgeWhereFree(standing)
      return behind.length === 0
        ? undefined
        : `${behind.map(({ processor, standing }) => this.#tell(processor, standing)).join('; ')}, and the log was at ${goal}`
    })
  }

  /** When it began to run, by `performance.now()`. */
  get startedAt(): number {
    return this.#startedAt
  }

  async #start(): Promise<void> {
    this.#startedAt = performance.now()
    await this.registered()
    await this.#runner.start()
  }

  async #register(): Promise<void> {
    const { store, inline } = this.#parts
    if (this.processors.length === 0) return
    const now = this.processors.some(isFromNow) ? (await store.settled()).position : 0
    await store.ledger.register(
      this.processors.map((processor) => ({
        ...registrationOf(processor, now),
        inline: inline.includes(processor),
        ...(inline.includes(processor) && { slices: 1 }),
      })),
    )
  }

  #checkKept(view: AnyView): void {
    if (this.processors.includes(view)) return
    misuse(
      `the app does not keep the view ${view.name}; name it in inline or background of annals()`,
    )
  }

  /** Waits until a document has seen a position. */
  async #seen(
    view: AnyView,
    { tenant, key }: { readonly tenant: string; readonly key: string },
    options: FindOptions & { readonly after: Position },
  ): Promise<void> {
    const { after } = options
    const hash = hashOf({ tenant, queue: key })
    await waited(options, '5s', async () => {
      if ((this.#runner.positionOf(view, hash) ?? -1) < after) {
        const [found] = await this.#standings([view])
        if (!found) return `${view.name} is not registered`
        const { mode, slices } = found.standing
        const slice = slices.find(({ first, last }) => first <= hash && hash <= last)
        this.#nudgeWhereFree(found.standing)
        if (mode !== 'inline' && (slice?.position ?? 0) < after)
          return `${this.#tell(view, found.standing)}, and not at ${after}`
      }
      await this.#checkNotParked(view, { tenant, key }, after)
      return undefined
    })
  }

  async #checkNotParked(
    { name, version }: AnyView,
    { tenant, key }: { readonly tenant: string; readonly key: string },
    after: Position,
  ): Promise<void> {
    const { ledger } = this.#parts.store
    const [first] = await ledger.parked({
      processor: { name, version },
      queue: { tenant, queue: key },
      limit: 1,
    })
    if (first && first.position <= after)
      throw new StorageError(
        'ANNALS_PARKED',
        `the document ${key} of ${name} stands before position ${first.position}, where ${first.type} could not be handled (${first.error ?? 'it waits behind another event'}); mend the cause, then retry or discard the parked event`,
      )
  }

  async #standings(
    processors: readonly Processor<unknown>[],
  ): Promise<readonly { readonly processor: Processor<unknown>; readonly standing: Overview }[]> {
    const overview = await this.#overview()
    return processors.flatMap((processor) => {
      const standing = overview.find((one) => isSame(processor, one))
      return standing ? [{ processor, standing }] : []
    })
  }

  /** Whether all of a processor has seen a position; its checkpoints may be a little late. */
  #hasSeen(processor: Processor<unknown>, { mode, slices }: Overview, goal: Position): boolean {
    return (
      mode === 'inline' ||
      slices.every(
        ({ first, position }) =>
          Math.max(position, this.#runner.positionOf(processor, first) ?? 0) >= goal,
      )
    )
  }

  // a process that appends and does not keep a view inline makes it follow, and tells nobody
  #nudgeWhereFree({ mode, paused, slices }: Overview): void {
    const free = mode === 'following' && slices.some(({ owner }) => owner === undefined)
    if (free && !paused && this.#started) this.#runner.nudge()
  }

  #tell(processor: Processor<unknown>, { name, paused, slices }: Overview): string {
    const position = Math.min(...slices.map((slice) => slice.position))
    const error = this.running(processor)?.error
    const why = paused
      ? ', paused'
      : error
        ? `: ${error}`
        : slices.some(({ owner }) => owner === undefined)
          ? ', run by nobody: call start() in a process that keeps it'
          : ''
    return `${name} is at position ${position}${why}`
  }
}

function registrationOf(
  processor: Processor<unknown>,
  now: Position,
): Omit<Registration, 'inline'> {
  const { kind, name, version, slices } = processor
  const { setup } = processor as Projection<unknown>
  return {
    kind,
    name,
    version,
    slices,
    from: isFromNow(processor) ? now : fromOf(processor),
    ...(kind === 'view' && { fields: (processor as AnyView).indexes.length }),
    ...(kind === 'projection' && setup && { setup }),
  }
}

function isFromNow(processor: Processor<unknown>): boolean {
  return processor.kind === 'subscription' && (processor as Subscription).from === 'now'
}

function fromOf(processor: Processor<unknown>): Position {
  if (processor.kind !== 'subscription') return 0
  const { from } = processor as Subscription
  return typeof from === 'number' ? from : 0
}

function withTx(session: Session): { readonly tx?: never } {
  const { tx } = within(session)
  return tx === undefined ? {} : { tx: tx as never } // the store says of which type it is
}

/** Looks again and again, less often as time goes by, until nothing is missing; what is missing is told at last. */
async function waited(
  { timeout, signal }: WaitOptions,
  byDefault: NonNullable<WaitOptions['timeout']>,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  const patience = timeout ?? byDefault
  const end = performance.now() + milliseconds(patience, 'timeout')
  for (let pause = shortestLook; ; pause = Math.min(longestLook, pause * 1.5)) {
    signal?.throwIfAborted()
    const lacks = await missing()
    if (lacks === undefined) return
    if (performance.now() >= end)
      throw new UnavailableError('ANNALS_BEHIND', `after ${patience}, ${lacks}`)
    await delay(pause, undefined, { ...(signal && { signal }) }).catch(() => undefined) // its reason is told next
  }
}
