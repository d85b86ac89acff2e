import { misuse } from './errors.ts'

/** A span of time, like `'200ms'`, `'5s'`, `'15m'`, `'12h'`, `'30d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** A span of time that may have no end. */
export type Keep = Duration | 'forever'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration in milliseconds, or Infinity for `'forever'`; `option` is named in the error when it is none. */
export function keepFor(keep: Keep, option: string): number {
  return keep === 'forever' ? Infinity : milliseconds(keep, option)
}

/** A duration in milliseconds; `option` is named in the error when it is none. */
export function milliseconds(duration: Duration, option: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? []
  if (amount === undefined || unit === undefined)
    misuse(
      `${option} is ${JSON.stringify(duration)}; it takes a duration like '200ms', '5s', '15m', '12h' or '30d'`,
    )
  return Number(amount) * units[unit as keyof typeof units]
}
