/**
 * A UUID of version 7 (RFC 9562): the time in milliseconds, then random bits. Order is by position,
 * never by id; the time only keeps new ids together in an index.
 */
export function eventId(at: Date): string {
  const time = Math.max(0, at.getTime()) // it begins with 1970
  // in two parts, since toString is slow for numbers beyond 32 bits (0.4 µs, against 0.1 for both)
  const high = hex(Math.floor(time / 0x1_0000), 8)
  const low = hex(time % 0x1_0000, 4)
  // a random UUID has everything but the time: its 14th digit is the version, the rest is kept
  return `${high}-${low}-7${crypto.randomUUID().slice(15)}`
}

/** A UUID of version 8 (RFC 9562) that is always the same for a key and a place: the first bits of their SHA-256. */
export async function eventIdOf(key: string, place: number): Promise<string> {
  const text = new TextEncoder().encode(`${key}/${place}`)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  const digits = [...hash.subarray(0, 16)].map((byte) => hex(byte, 2)).join('')
  const variant = hex(8 + (Number.parseInt(digits.slice(16, 17), 16) % 4), 1)
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-')
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
