import type { Event, Metadata } from './event.ts'

/** Everything of a recorded event but its metadata, which is parsed when it is asked for. */
export type Envelope = Omit<Event, 'metadata'>

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

  constructor(envelope: Envelope, metadata: string) {
    this.type = envelope.type
    this.data = envelope.data
    this.id = envelope.id
    this.tenant = envelope.tenant
    this.stream = envelope.stream
    this.version = envelope.version
    this.position = envelope.position
    this.at = new Date(envelope.at) // a Date can be changed, and a store may keep this one
    this.tags = envelope.tags
    this.#metadata = metadata
  }

  // few handlers look, and parsing it takes as long as parsing the data
  get metadata(): Metadata {
    if (typeof this.#metadata === 'string') this.#metadata = JSON.parse(this.#metadata) as Metadata
    return this.#metadata
  }

  /** With its metadata, which a getter would keep out of JSON. */
  toJSON(): Event {
    return Object.assign({}, this, { metadata: this.metadata })
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
