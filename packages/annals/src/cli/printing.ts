/** A value as JSON in one line. States may hold what JSON has no way to write. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, plain) ?? 'null'
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)]
  if (value instanceof Set) return [...(value as ReadonlySet<unknown>)]
  return value
}

/** A text whose control characters, which a terminal would obey, are written as codes. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (letter) => `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
