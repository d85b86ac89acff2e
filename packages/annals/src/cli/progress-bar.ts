import type { Progress } from 'annals'
import type { Output } from './output.ts'

const widest = 30

/** A bar that shows how far something is: drawn over itself on a terminal, and a row of JSON each time for programs. */
export interface ProgressBar {
  readonly show: (progress: Progress) => void
  /** When all of it is written. */
  readonly end: () => Promise<void>
}

export function progressBar(output: Output): ProgressBar {
  let written = Promise.resolve()
  return {
    show: (progress) => {
      written = written.then(async () => {
        await output.row(progress)
        await output.redraw((columns) => barOf(progress, columns))
      })
    },
    end: async () => {
      await written
      await output.redrawn()
    },
  }
}

/** A progress in a line: a bar, which is shorter where there are few columns, a percentage, positions, their rate, and the time that is left. */
export function barOf(progress: Progress, columns: number = Infinity): string {
  const { name, position, goal, rate, remaining } = progress
  const part = goal === 0 ? 1 : Math.min(1, position / goal)
  const pace = rate === undefined ? '' : `  ${Math.round(rate)} a second`
  const left = remaining === undefined || remaining === 0 ? '' : `  ${timeOf(remaining)} left`
  const percentage = String(Math.floor(part * 100)).padStart(3)
  const text = ` ${percentage} %  ${position} of ${goal}${pace}${left}`
  const width = Math.max(0, Math.min(widest, columns - `${name} ${text}`.length))
  const full = Math.floor(part * width)
  return `${name} ${'█'.repeat(full)}${'░'.repeat(width - full)}${text}`
}

function timeOf(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
}
