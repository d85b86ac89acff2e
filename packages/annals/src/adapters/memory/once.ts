import type { Once, OnceKey, Position, Remembered } from '../../store/store.ts'

interface Entry extends Remembered {
  readonly expires: number
}

/** The `once` keys of a memory store, forgotten when their time is over. */
export class OnceKeys {
  readonly #kept = new Map<string, Entry>()
  readonly #keepFor: number

  /** `keepFor` is in milliseconds. */
  constructor(keepFor: number) {
    this.#keepFor = keepFor
  }

  find(tenant: string, once: OnceKey, at: Date): Remembered | undefined {
    const entry = this.#kept.get(keyOf(tenant, once))
    if (!entry || entry.expires <= at.getTime()) return undefined
    const { expires: _, ...remembered } = entry
    return remembered
  }

  remember(tenant: string, once: Once, position: Position, at: Date): void {
    const { fingerprint, version, events } = once
    const expires = at.getTime() + this.#keepFor
    const name = keyOf(tenant, once)
    this.#kept.delete(name) // so that the map stays in the order of expiry
    this.#kept.set(name, { fingerprint, version, events, position, expires })
    this.#prune(at)
  }

  #prune(at: Date): void {
    for (const [name, { expires }] of this.#kept) {
      if (expires > at.getTime()) return
      this.#kept.delete(name)
    }
  }
}

function keyOf(tenant: string, { stream, key }: OnceKey): string {
  return [tenant, stream.category, stream.id, key].join('\0')
}
