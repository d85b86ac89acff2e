import type { HashRange, QueueName } from './ledger.ts'

/** Into how many parts the log can be cut. */
export const hashes = 1_024

/**
 * The part of the log that a queue belongs to, from 0 to 1,023, the same for ever: FNV-1a over the UTF-16 code units
 * of tenant and queue (http://www.isthe.com/chongo/tech/comp/fnv), folded to ten bits.
 */
export function hashOf({ tenant, queue }: QueueName): number {
  let hash = 0x811c9dc5
  const text = `${tenant}\0${queue}`
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (hashes - 1)
}

/** All hashes cut into so many ranges, as equal as can be. */
export function rangesOf(slices: number): readonly HashRange[] {
  return Array.from({ length: slices }, (_, index) => ({
    first: Math.ceil((index * hashes) / slices),
    last: Math.ceil(((index + 1) * hashes) / slices) - 1,
  }))
}
