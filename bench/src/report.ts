import type { Answer, Standing, Verdict } from './answer.ts'
import type { Conditions } from './conditions.ts'
import type { ServerConditions } from './postgres-conditions.ts'

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
  const { at, machine, disk, load, node, sqlite, postgres, annals, packages, pace } = conditions
  const { processor, cores, memory, system } = machine
  const versions = Object.entries(packages).filter(([name]) => name !== 'annals')
  return lines([
    `- taken ${at}: ${pace.rounds} rounds of ${pace.milliseconds} ms a contender, in turns`,
    `- machine: ${processor}, ${cores} cores, ${memory}, ${system}; load ${load.toFixed(1)} at the start`,
    `- disk: ${disk.fileSystem}, a write of 4 kB and its flush ${(disk.flush * 1000).toFixed(0)} µs`,
    ...(postgres ? [server(postgres)] : []),
    `- Node ${node} with SQLite ${sqlite}; Annals ${annals}`,
    `- ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}`,
  ])
}

function server({ version, settings, flush }: ServerConditions): string {
  const each = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const beside =
    flush === undefined ? '' : `; a write and its flush there ${(flush * 1000).toFixed(0)} µs`
  return `- PostgreSQL ${version}: ${each.join(', ')}${beside}`
}

/** One question with its table. */
export function section(answer: Answer): string {
  const { title, about, targets, standings, missing } = answer
  const failures = standings.flatMap(({ name, failure }) =>
    failure === undefined ? [] : `- ${name} failed: ${failure.split('\n')[0]}`,
  )
  const absent = missing.map(({ name, why }) => `- ${name}: ${why}`)
  const verdicts = targets.map((one) => `- ${verdict(one)}`)
  const notes = lines([...verdicts, ...failures, ...absent])
  return [`## ${title}`, about, table(answer), ...(notes ? [notes] : [])].join('\n\n')
}

/** Whether a target was reached, and what was measured. */
export function verdict(one: Verdict): string {
  const { contender, against, figure = 'rate', atLeast, atMost, reached } = one
  const { unit = figure === 'cpu' ? 'µs' : 'ms' } = one
  const word = reached >= (atLeast ?? -Infinity) && reached <= (atMost ?? Infinity)
  const what =
    figure === 'rate' ? contender : `${figure === 'cpu' ? 'CPU' : figure} of ${contender}`
  const bound = `${atMost === undefined ? '≥' : '≤'} ${(atLeast ?? atMost)?.toLocaleString('en')}`
  const goal = against === undefined ? `${bound} ${unit}` : `${bound} × ${against}`
  const found = one.unit
    ? `${count(reached)} ${unit}`
    : `${reached.toFixed(2)}${against === undefined ? ` ${unit}` : ''}`
  return `${word ? 'reached' : '**missed**'}: ${what} ${goal}, measured ${found}`
}

interface Column {
  readonly title: string
  readonly cell: (standing: Standing) => string
}

function table({ unit, baseline, standings }: Answer): string {
  const some = (has: (standing: Standing) => unknown, columns: readonly Column[]) =>
    standings.some(has) ? columns : []
  const columns: readonly Column[] = [
    { title: unit, cell: ({ median }) => count(median) },
    { title: 'min–max', cell: ({ min, max }) => `${count(min)}–${count(max)}` },
    { title: `× ${baseline}`, cell: ({ ratio }) => fixed(ratio, 2) },
    ...some(
      ({ latency }) => latency,
      [
        { title: 'p50 ms', cell: ({ latency }) => fixed(latency?.p50, 2) },
        { title: 'p99 ms', cell: ({ latency }) => fixed(latency?.p99, 2) },
      ],
    ),
    { title: 'CPU µs', cell: ({ cpu }) => micro(cpu) },
    ...some(
      ({ serverCpu }) => serverCpu !== undefined,
      [{ title: 'CPU µs of the server', cell: ({ serverCpu }) => micro(serverCpu) }],
    ),
    { title: 'failed', cell: ({ failures }) => (failures > 0 ? count(failures) : '') },
  ]
  return lines([
    `| | ${columns.map(({ title }) => title).join(' | ')} |`,
    `| --- |${columns.map(() => ' ---: |').join('')}`,
    ...standings.map(
      (each) => `| ${[each.name, ...columns.map(({ cell }) => cell(each))].join(' | ')} |`,
    ),
  ])
}

function micro(value: number | undefined): string {
  return fixed(value, value !== undefined && value < 10 ? 2 : 0)
}

function fixed(value = Number.NaN, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–'
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function lines(all: readonly string[]): string {
  return all.join('\n')
}
