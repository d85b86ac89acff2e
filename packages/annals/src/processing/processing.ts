import { misuse, RebuildingError, StorageError, UnavailableError } from '../core/errors.ts'
import { checkOptions, checkWhole } from '../core/options.ts'
import type { Companions } from '../store/appending.ts'
import { checkName } from '../store/admission.ts'
import type { Overview, ProcessorName } from '../store/ledger.ts'
import { within, type Session } from '../store/session.ts'
import { shared } from '../store/shared.ts'
import { hashOf } from '../store/slices.ts'
import type { EventStore, Position } from '../store/store.ts'
import type { FindOptions, WaitOptions } from './app.ts'
import type { AppFor } from './handling.ts'
import { InlineWork } from './inline.ts'
import { isSame, type Processor } from './processor.ts'
import { progressText } from './progress.ts'
import { conditionOf, pageOf, prepared, type QueryPage, type ViewQuery } from './query.ts'
import { Readiness } from './readiness.ts'
import { built, type Built, type RebuildSettings, type Watching } from './rebuilding.ts'
import { isFromNow, registrationOf } from './registering.ts'
import { Runner, type RunnerParts, type Running } from './runner.ts'
import { stateOf, type AnyView, type View } from './view.ts'
import { waited, type Lack, type Waiting } from './waiting.ts'

/** What an app keeps up to date, and with what. */
export interface ProcessingParts {
  readonly store: EventStore
  readonly inline: readonly Processor<unknown>[]
  readonly background: readonly Processor<unknown>[]
  readonly appFor: AppFor
  readonly rebuild: RebuildSettings
}

/** What an app keeps up to date: it registers and runs it, and waits for it. */
export class Processing {
  readonly processors: readonly Processor<unknown>[]
  readonly #parts: ProcessingParts
  readonly #runner: Runner
  readonly #readiness: Readiness
  /** How all that the app keeps stands; however many wait, one looks for them. */
  readonly #overview: () => Promise<readonly Overview[]>
  #registered: Promise<void> | undefined
  #started: Promise<void> | undefined
  #stopped = false
  #startedAt = 0
  /** The last position that this app appended at. */
  #appended: Position = 0
  /** Views of `inline` that were following when this app appended what they have to handle, and the last position of that. */
  readonly #unkept = new Map<AnyView, Position>()

  constructor(parts: ProcessingParts) {
    const { store, inline, background } = parts
    this.#parts = parts
    this.processors = [...inline, ...background]
    this.#overview = shared(() => store.ledger.overview(this.processors))
    this.#runner = this.#runnerOf(this.processors, { inline: new Set(inline), goesLive: true })
    this.#readiness = new Readiness(async () => (await store.watermark()).head)
  }

  /** What goes along with the appends of the app. */
  get companions(): Companions {
    return {
      inline: async (events, tenant) => {
        const { inline } = this.#parts
        if (inline.length === 0) return undefined
        await this.registered()
        return new InlineWork(inline, events, tenant)
      },
      appended: (position, inline) => {
        this.#appended = Math.max(this.#appended, position)
        if (inline instanceof InlineWork)
          for (const view of inline.unkept(position)) this.#unkept.set(view, position)
      },
    }
  }

  /** Whether this app keeps it with its appends. */
  keepsInline(processor: ProcessorName): boolean {
    return this.#parts.inline.some((one) => isSame(one, processor))
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
    const { tenant } = session
    const { after } = options
    checkWhole('find: after', after)
    const waiting = { ...options, since: performance.now() }
    await this.#readable(view, waiting)
    if (after !== undefined) await this.#seen(view, { tenant, key }, { ...waiting, after })
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
    await this.#readable(view, within(session))
    const { documents } = session.store
    return pageOf(view, ready, await documents.select(view, ready.selection, withTx(session)))
  }

  async count(session: Session, view: AnyView, where: object | undefined): Promise<number> {
    this.#checkKept(view)
    const selection = { tenant: session.tenant, where: conditionOf(view, where) }
    await this.#readable(view, within(session))
    return session.store.documents.count(view, selection, withTx(session))
  }

  /**
   * Brings a version up to the end of the log, in this process unless it is being done already, and leaves it there: who deploys
   * it makes it live.
   */
  async build(
    processor: Processor<unknown>,
    how: Pick<Watching, 'onProgress' | 'signal'> & Pick<RunnerParts, 'rate'>,
  ): Promise<Built> {
    const { store, inline } = this.#parts
    const keeping = { inline: inline.includes(processor), now: 0 }
    await store.ledger.register([registrationOf(processor, keeping)])
    how.signal?.throwIfAborted()
    const look = async () => (await store.ledger.overview([processor]))[0]
    const settled = async () => (await store.settled()).position
    const runner = this.#started
      ? undefined
      : this.#runnerOf([processor], { inline: new Set(), goesLive: false, ...how })
    try {
      await runner?.start()
      return await built({ ...how, look, settled })
    } finally {
      await runner?.stop()
    }
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
      const told = behind.map(({ processor, standing }) => this.#tell(processor, standing))
      return told.length === 0
        ? undefined
        : isBehind(`${told.join('; ')}, and the log was at ${goal}`)
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
      this.processors.map((processor) =>
        registrationOf(processor, { inline: inline.includes(processor), now }),
      ),
    )
  }

  #runnerOf(
    processors: readonly Processor<unknown>[],
    how: Pick<RunnerParts, 'inline' | 'goesLive' | 'rate'>,
  ): Runner {
    const { store, appFor, rebuild } = this.#parts
    return new Runner({ store, processors, appFor, ...how, rate: how.rate ?? rebuild.rate })
  }

  #checkKept(view: AnyView): void {
    if (this.processors.includes(view)) return
    misuse(
      `the app does not keep the view ${view.name}; name it in inline or background of annals()`,
    )
  }

  /** Waits until a view may be read: its documents are all there, and have seen what this app appended if it is inline. */
  async #readable(view: AnyView, options: Waiting): Promise<void> {
    await this.#ready(view, options)
    const own = this.#unkept.get(view)
    if (own === undefined) return
    const { head } = await this.#parts.store.watermark()
    const goal = Math.min(own, head) // a failover may have lost it
    await waited(options, '5s', async () => {
      const [found] = await this.#standings([view])
      if (!found || this.#hasSeen(view, found.standing, goal)) return undefined
      this.#nudgeWhereFree(found.standing)
      return isBehind(`${this.#tell(view, found.standing)}, and not at ${goal}`)
    })
    if (this.#unkept.get(view) === own) this.#unkept.delete(view)
  }

  /** Waits until a version is built. */
  async #ready(view: AnyView, options: Waiting): Promise<void> {
    if (this.#readiness.isReady(view)) return
    await this.registered()
    await waited(options, this.#parts.rebuild.wait ?? '5s', async () => {
      const [found] = await this.#standings([view])
      if (!found) return undefined // what nobody has registered is refused where it is read
      const progress = await this.#readiness.look(view, found.standing)
      if (!progress) return undefined
      this.#nudgeWhereFree(found.standing)
      return () =>
        new RebuildingError(
          `version ${view.version} of ${view.name} is being built: ${progressText(progress)}${this.#why(view, found.standing)}`,
          progress,
        )
    })
  }

  /** Waits until a document has seen a position. */
  async #seen(
    view: AnyView,
    { tenant, key }: { readonly tenant: string; readonly key: string },
    options: Waiting & { readonly after: Position },
  ): Promise<void> {
    const { after } = options
    const hash = hashOf({ tenant, queue: key })
    await waited(options, '5s', async () => {
      if ((this.#runner.positionOf(view, hash) ?? -1) < after) {
        const [found] = await this.#standings([view])
        if (!found) return isBehind(`${view.name} is not registered`)
        const { mode, slices } = found.standing
        const slice = slices.find(({ first, last }) => first <= hash && hash <= last)
        this.#nudgeWhereFree(found.standing)
        if (mode !== 'inline' && (slice?.position ?? 0) < after)
          return isBehind(`${this.#tell(view, found.standing)}, and not at ${after}`)
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

  #tell(processor: Processor<unknown>, standing: Overview): string {
    const position = Math.min(...standing.slices.map((slice) => slice.position))
    return `${standing.name} is at position ${position}${this.#why(processor, standing)}`
  }

  /** Why it goes no further, where that is known. */
  #why(processor: Processor<unknown>, { paused, slices }: Overview): string {
    const error = this.running(processor)?.error
    if (paused) return ', paused'
    if (error) return `: ${error}`
    return slices.some(({ owner }) => owner === undefined)
      ? ', run by nobody: call start() in a process that keeps it'
      : ''
  }
}

function withTx(session: Session): { readonly tx?: never } {
  const { tx } = within(session)
  return tx === undefined ? {} : { tx: tx as never } // the store says of which type it is
}

function isBehind(lacks: string): Lack {
  return (after) => new UnavailableError('ANNALS_BEHIND', `after ${after}, ${lacks}`)
}
