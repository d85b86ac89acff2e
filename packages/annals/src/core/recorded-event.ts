import type { Event, Metadata } from './event.ts'

/** Everything of a recorded event but its type and its data; the metadata is JSON text. */
export interface Envelope extends Omit<Event, 'type' | 'data' | 'metadata'> {
  readonly metadata: string
}

/** An event as handlers see it. */
export class RecordedEvent implements Event {
  readonly type: string
  readonly data: unknown
  readonly id: string
  readonly tenant: string
  readonly stream: { readonly category: string; readonly id: string }
  readonly version: number
  readonly position: number
  readonly at: Date
  readonly tags: readonly string[]
  #metadata: Metadata | string

  constructor(type: string, data: unknown, envelope: Envelope) {
    this.type = type
    this.data = data
    this.id = envelope.id
    this.tenant = envelope.tenant
    this.stream = envelope.stream
    this.version = envelope.version
    this.position = envelope.position
    this.at = new Date(envelope.at) // a Date can be changed, and a store may keep this one
    this.tags = envelope.tags
    this.#metadata = envelope.metadata
  }

  // few handlers look, and parsing it takes as long as parsing the data
  get metadata(): Metadata {
    if (typeof this.#metadata === 'string') this.#metadata = JSON.parse(this.#metadata) as Metadata
    return this.#metadata
  }

  /** With its metadata, which a getter would keep out of JSON. */
  toJSON(): Event {
    return whole(this)
  }

  static {
    // `console.log` shows the same as JSON
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: RecordedEvent) {
        return this.toJSON()
      },
    })
  }
}

/** A copy that has its metadata as a property, so that copies of it have it too. */
export function whole(event: Event): Event {
  return { ...event, metadata: event.metadata }
}
