import type { DocumentKey } from './documents.ts'

/** Compares texts by their code points, as the bytes of UTF-8 do. */
export function compareTexts(one: string, next: string): number {
  const length = Math.min(one.length, next.length)
  for (let index = 0; index < length; index++) {
    const difference = rank(one.charCodeAt(index)) - rank(next.charCodeAt(index))
    if (difference !== 0) return difference
  }
  return one.length - next.length
}

// a surrogate is half of a code point above all others, though 8,192 units lie above it
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

/** Compares documents by their tenants, and then by their keys. */
export function compareKeys(one: DocumentKey, next: DocumentKey): number {
  return compareTexts(one.tenant, next.tenant) || compareTexts(one.key, next.key)
}
