import type { DocumentWork } from '../store/ledger.ts'
import { Changing, nameOf, type Touch } from './changing.ts'
import { HandlerFailed, type Assigned } from './handling.ts'
import type { AnyView } from './view.ts'

// in milliseconds: what was folded is written so often, so that little is done again after a crash
const betweenWrites = 1_000

// what is kept in memory at most: documents, and characters of them
const mostKept = 50_000
const largestKept = 16 * 1024 * 1024

/**
 * The documents of a view that is being built, while nobody reads them: they are kept in memory over many pages, and written now and
 * then with the checkpoint, so that a document which many events change is read and written a few times. Nobody else
 * writes them, since a page without the newest lease is refused.
 */
export class Building {
  readonly #view: AnyView
  readonly #documents = new Map<string, Changing>()
  readonly #changed = new Set<Changing>()
  /** Whether there is no document besides those in memory. */
  #isAll: boolean
  #writtenAt = performance.now()

  /** `isNew`: the view has no document yet. */
  constructor(view: AnyView, isNew: boolean) {
    this.#view = view
    this.#isAll = isNew
  }

  /** Whether something is in memory only. */
  get isAhead(): boolean {
    return this.#changed.size > 0
  }

  /** Whether it is time to write. */
  get isDue(): boolean {
    return this.#changed.size >= mostKept || performance.now() - this.#writtenAt >= betweenWrites
  }

  /** Folds events; false, and nothing is done, when a document is missing that only the store has. */
  fold(events: readonly Assigned[]): boolean {
    if (!this.#isAll && events.some((event) => !this.#documents.has(nameOf(touchOf(event)))))
      return false
    this.#foldAll(events, () => undefined)
    return true
  }

  /** The work that writes all that is in memory only, and folds further events before; `written` is to be called afterwards. */
  work(events: readonly Assigned[]): DocumentWork {
    const missing = new Map(
      events
        .map(touchOf)
        .filter((touch) => !this.#isAll && !this.#documents.has(nameOf(touch)))
        .map(({ tenant, key }) => [nameOf({ tenant, key }), { tenant, key }]),
    )
    return {
      model: this.#view,
      keys: [...missing.values()],
      change: (before) => {
        this.#foldAll(events, before)
        return attempted(() => [...this.#changed].flatMap((changing) => changing.change()))
      },
    }
  }

  /** All of it is in the store now. */
  written(): void {
    for (const changing of this.#changed) changing.written()
    this.#changed.clear()
    this.#writtenAt = performance.now()
    let size = 0
    for (const changing of this.#documents.values()) size += changing.size
    if (this.#documents.size >= mostKept || size >= largestKept) this.forget()
  }

  /** Takes nothing for known any more: what was not written is lost, and is to be folded again. */
  forget(): void {
    this.#documents.clear()
    this.#changed.clear()
    this.#isAll = false
  }

  #foldAll(events: readonly Assigned[], before: Parameters<DocumentWork['change']>[0]): void {
    attempted(() => {
      for (const assigned of events) {
        const touch = touchOf(assigned)
        const name = nameOf(touch)
        const changing = this.#documents.get(name) ?? new Changing(this.#view, touch, before)
        this.#documents.set(name, changing)
        changing.fold(touch.event)
        this.#changed.add(changing)
      }
    })
  }
}

// the queue of an event of a view is a document
function touchOf({ event, tenant, queue: key }: Assigned): Touch {
  return { event, tenant, key }
}

function attempted<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw new HandlerFailed(error)
  }
}
