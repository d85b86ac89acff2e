import type { Event } from '../core/event.ts'
import { freeze } from '../core/fold.ts'
import type { Document, DocumentChange, DocumentKey } from '../store/documents.ts'
import { documentOf, folded, stateOf, type AnyView } from './view.ts'

/** An event with a document that it changes. */
export interface Touch extends DocumentKey {
  readonly event: Event
}

/** The documents as events leave them; `before` gives those that are there. What a document has seen is not folded again. */
export function changedBy(
  view: AnyView,
  touches: readonly Touch[],
  before: (key: DocumentKey) => Document | undefined,
): readonly DocumentChange[] {
  const documents = new Map<string, Changing>()
  for (const { event, tenant, key } of touches) {
    const name = nameOf({ tenant, key })
    const changing = documents.get(name) ?? new Changing(view, { tenant, key }, before)
    documents.set(name, changing)
    changing.fold(event)
  }
  return [...documents.values()].flatMap((changing) => changing.change())
}

/** A document on its way. */
export class Changing {
  readonly #view: AnyView
  readonly #key: DocumentKey
  /** Up to where the store has it. */
  #seen: number
  #size: number
  #state: unknown
  #position: number

  constructor(view: AnyView, key: DocumentKey, before: (key: DocumentKey) => Document | undefined) {
    const document = before(key)
    this.#view = view
    this.#key = key
    this.#seen = document?.position ?? 0
    this.#size = document?.state.length ?? 0
    this.#state = freeze(stateOf<unknown>(view, document)) // as the state after an event is
    this.#position = this.#seen
  }

  /** How many characters it had in the store last. */
  get size(): number {
    return this.#size
  }

  fold(event: Event): void {
    if (event.position <= this.#position) return
    this.#state = folded<unknown>(this.#view, this.#state, event)
    this.#position = event.position
  }

  change(): readonly DocumentChange[] {
    if (this.#position === this.#seen) return []
    const change = documentOf<unknown>(this.#view, this.#key, this.#state, this.#position)
    this.#size = change.state.length
    return [change]
  }

  /** The store has it as it is now. */
  written(): void {
    this.#seen = this.#position
  }
}

/** A text for a document, or for a queue, that no other has. */
export function nameOf({ tenant, key }: DocumentKey): string {
  return `${tenant}\0${key}`
}
