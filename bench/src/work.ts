import { median } from './median.ts'
import type { Subject } from './question.ts'

/** What was done in a stretch of time. */
export interface Work {
  /** Operations a second: the median of the slices. */
  readonly rate: number
  readonly operations: number
  readonly failures: number
  /** What the first failure said. */
  readonly failure?: string
  /** CPU time of the whole process, all threads, in microseconds. */
  readonly cpu: number
  /** How long each operation took, in milliseconds; where it was asked for. */
  readonly latencies?: readonly number[]
}

/** How to work. */
export interface Shift {
  readonly callers: number
  /** How long, where nobody holds it up. */
  readonly milliseconds: number
  /**
   * How long a slice is, in milliseconds. Others who share the machine stop a program for up to seconds:
   * that spoils one slice, which the median leaves out, where it would spoil a whole round.
   */
  readonly slice: number
  readonly latency: boolean
}

/** Has callers do one operation after the other. */
export async function work(subject: Subject, shift: Shift): Promise<Work> {
  const { milliseconds, slice, latency } = shift
  const { stepSize = 1, mostCallers = Infinity } = subject
  const callers = Math.min(shift.callers, mostCallers)
  const slices = Math.ceil(milliseconds / slice)
  const rates: number[] = []
  const failures: unknown[] = []
  const latencies: number[] = []
  let operations = 0
  let inSlice = 0
  const cpuBefore = process.cpuUsage()
  let since = performance.now()
  const call = async (): Promise<void> => {
    let begun = since
    while (rates.length < slices) {
      try {
        await subject.step()
        operations += stepSize
        inSlice += stepSize
      } catch (error) {
        failures.push(error)
      }
      const now = performance.now()
      if (latency) latencies.push(now - begun)
      begun = now
      if (now - since < slice) continue
      rates.push((inSlice / (now - since)) * 1000)
      since = now
      inSlice = 0
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    rate: median(rates),
    operations,
    failures: failures.length,
    ...(failures.length > 0 && { failure: String(failures[0]) }),
    cpu: user + system,
    ...(latency && { latencies }),
  }
}
