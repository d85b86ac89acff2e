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

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
