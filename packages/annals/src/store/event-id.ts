/**
 * A UUID of version 7 (RFC 9562): the time in milliseconds, then random bits. Order is by position,
 * never by id; the time only keeps new ids together in an index.
 */
export function eventId(at: Date): string {
  const time = Math.max(0, at.getTime()).toString(16).padStart(12, '0') // it begins with 1970
  // a random UUID has everything but the time: its 14th digit is the version, the rest is kept
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`
}
