import { ratioOf, type Answer, type Standing } from './answer.ts'
import { taken, verdict, type Run } from './report.ts'

const library = 'Annals'

/** A run in short: its conditions, each question with Annals beside every other, and each target. */
export function summary({ conditions, answers }: Run): string {
  const lists = [
    list('Targets:', answers, ({ targets }) => targets.map(verdict)),
    list('Left out:', answers, ({ missing }) => missing.map(({ name, why }) => `${name}, ${why}`)),
  ]
  return [taken(conditions), comparisons(answers), ...lists.flat()].join('\n\n')
}

function comparisons(answers: readonly Answer[]): string {
  const rows = answers.flatMap((answer) => {
    const own = answer.standings.find(({ name }) => name === library)
    if (!own) return []
    const others = answer.standings.filter((standing) => standing !== own)
    return others.map((other, index) => comparison(index === 0 ? answer : undefined, own, other))
  })
  return [
    '| question | Annals | against | theirs | Annals is | CPU of Annals, theirs |',
    '| --- | ---: | --- | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
}

// the question stands in its first row only
function comparison(answer: Answer | undefined, own: Standing, other: Standing): string {
  const cells = [
    answer?.title ?? '',
    answer ? `${count(own.median)} ${answer.unit}` : '',
    other.name,
    count(other.median),
    `${ratioOf(own.rates, other.rates).toFixed(2)} ×`,
    `${spent(own)}, ${spent(other)} µs`,
  ]
  return `| ${cells.join(' | ')} |`
}

function spent({ cpu, serverCpu }: Standing): string {
  return serverCpu === undefined ? micro(cpu) : `${micro(cpu)} + ${micro(serverCpu)}`
}

function list(
  heading: string,
  answers: readonly Answer[],
  items: (answer: Answer) => readonly string[],
): readonly string[] {
  const lines = answers.flatMap((answer) =>
    items(answer).map((item) => `- ${answer.title}: ${item}`),
  )
  return lines.length > 0 ? [heading, lines.join('\n')] : []
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function micro(value: number): string {
  return value < 10 ? value.toPrecision(2) : count(value)
}

const begin = '<!-- results: written by npm run bench -->'
const end = '<!-- end of results -->'

/** A page with new results between its markers. */
export function withResults(page: string, results: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${results}\n\n${page.slice(to)}`
}
