import type { Answer, Standing, Verdict } from './answer.ts'
import type { Conditions } from './conditions.ts'

/** Everything that one run of the benchmarks found. */
export interface Run {
  readonly conditions: Conditions
  readonly answers: readonly Answer[]
}

/** A run as a page of Markdown. */
export function report({ conditions, answers }: Run): string {
  return [`# Benchmark results`, taken(conditions), ...answers.map(section)].join('\n\n') + '\n'
}

/** The conditions of a run. */
export function taken(conditions: Conditions): string {
  const { at, machine, disk, load, node, sqlite, annals, packages, pace } = conditions
  const { processor, cores, memory, system } = machine
  const versions = Object.entries(packages).filter(([name]) => name !== 'annals')
  return lines([
    `- taken ${at}: ${pace.rounds} rounds of ${pace.milliseconds} ms a contender, in turns`,
    `- machine: ${processor}, ${cores} cores, ${memory}, ${system}; load ${load.toFixed(1)} at the start`,
    `- disk: ${disk.fileSystem}, a write of 4 kB and its flush ${(disk.flush * 1000).toFixed(0)} µs`,
    `- Node ${node} with SQLite ${sqlite}; Annals ${annals}`,
    `- ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}`,
  ])
}

/** One question with its table. */
export function section(answer: Answer): string {
  const { title, about, unit, baseline, standings, targets, missing } = answer
  const table = lines([
    `| | ${unit} | min–max | × ${baseline} | CPU µs | failed |`,
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...standings.map(row),
  ])
  const failures = standings.flatMap(({ name, failure }) =>
    failure === undefined ? [] : `- ${name} failed: ${failure.split('\n')[0]}`,
  )
  const absent = missing.map(({ name, why }) => `- ${name}: ${why}`)
  const verdicts = targets.map((one) => `- ${verdict(one)}`)
  const notes = lines([...verdicts, ...failures, ...absent])
  return [`## ${title}`, about, table, ...(notes ? [notes] : [])].join('\n\n')
}

/** Whether a target was reached, and what was measured. */
export function verdict({ contender, against, atLeast, reached }: Verdict): string {
  const word = reached >= atLeast ? 'reached' : '**missed**'
  return `${word}: ${contender} ≥ ${atLeast} × ${against}, measured ${reached.toFixed(2)}`
}

function row({ name, median, min, max, ratio, cpu, failures }: Standing): string {
  const cells = [
    name,
    count(median),
    `${count(min)}–${count(max)}`,
    Number.isFinite(ratio) ? ratio.toFixed(2) : '–',
    Number.isFinite(cpu) ? (cpu < 10 ? cpu.toFixed(2) : cpu.toFixed(0)) : '–',
    failures > 0 ? count(failures) : '',
  ]
  return `| ${cells.join(' | ')} |`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function lines(all: readonly string[]): string {
  return all.join('\n')
}
