import { InvalidError } from '../core/errors.ts'

/** What a view can be searched by. */
export type Sortable = string | number | boolean | null | undefined

/** The most characters of a text that a view is searched by: indexes of databases keep no more. */
export const longestSortable = 500

/**
 * A text for a value, so that texts sort by their code points, which is how databases compare bytes of UTF-8, as the
 * values do: null and undefined, which are the same, then false, true, numbers, and texts. The first character tells
 * the kind. A number is the 64 bits of its double in hexadecimal, all of them flipped where it is negative and the sign
 * alone where it is not. A text has its NULs escaped, which PostgreSQL does not keep.
 */
export function sortable(value: Sortable, subject: string): string {
  if (value === undefined || value === null) return '0'
  if (typeof value === 'boolean') return value ? '11' : '10'
  if (typeof value === 'number') return `2${sortableNumber(value)}`
  if (typeof value === 'string') return `3${sortableText(value, subject)}`
  return refuse(
    subject,
    `a ${typeof value}, which no index takes; index a text, a number or a boolean`,
  )
}

/** Below which the texts of one kind of value lie: that of the next kind. */
export function endOfKind(text: string): string {
  return String(Number(text[0]) + 1)
}

/** Below which all texts lie that begin with a prefix; it is one that is not empty. */
export function endOfPrefix(prefix: string): string {
  const points = Array.from(prefix)
  for (;;) {
    const last = points.pop() as string // the kind comes first, and has a next one
    const next = (last.codePointAt(0) ?? 0) + 1
    // what lies between is half of a pair, which is no text
    if (next <= 0x10ffff)
      return points.join('') + String.fromCodePoint(next === 0xd800 ? 0xe000 : next)
  }
}

const bits = new DataView(new ArrayBuffer(8))

function sortableNumber(value: number): string {
  bits.setFloat64(0, value + 0) // which makes -0 the same as 0
  const high = bits.getUint32(0)
  const low = bits.getUint32(4)
  return high >>> 31 ? hex(~high) + hex(~low) : hex(high ^ 0x80000000) + hex(low)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}

function sortableText(text: string, subject: string): string {
  if (text.length > longestSortable)
    refuse(
      subject,
      `a text of ${text.length} characters; an index takes ${longestSortable} at most`,
    )
  if (!text.isWellFormed()) refuse(subject, 'half a surrogate pair, which is no text')
  // keeps the order: NUL comes before the character that escapes it, and both before all others
  return text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\0', '\u0001\u0001')
}

function refuse(subject: string, message: string): never {
  throw new InvalidError('ANNALS_NOT_JSON', subject, [{ path: '', message }])
}
