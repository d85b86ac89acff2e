// Writes the reference of the API into docs/reference/api: a page for each entry point, made of the built declarations and
// their doc comments. What the root exports too is told once, on its page.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Extractor, type ExtractorLogLevel } from '@microsoft/api-extractor'
import { parseSync } from 'oxc-parser'
import { format } from 'prettier'
import { entryPoints, extracting, projectFolder } from './entry-points.ts'

const pages = resolve(projectFolder, '../../docs/reference/api')

interface Declared {
  readonly name: string
  readonly isType: boolean
  /** Its doc comment as Markdown. */
  readonly text: string
  readonly code: string
}

/** All declarations of an entry point in one text, with its imports resolved. */
function declarations(file: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'annals-reference-'))
  const rollup = join(folder, 'all.d.ts')
  const none = 'none' as ExtractorLogLevel // a const enum, which erasable syntax cannot read
  Extractor.invoke(
    extracting(file, {
      dtsRollup: { enabled: true, untrimmedFilePath: rollup },
      messages: {
        extractorMessageReporting: { default: { logLevel: none } },
        tsdocMessageReporting: { default: { logLevel: none } },
      },
    }),
    { messageCallback: (message) => (message.handled = true) },
  )
  const text = readFileSync(rollup, 'utf8')
  rmSync(folder, { recursive: true })
  return text
}

function declaredIn(text: string): readonly Declared[] {
  const { program, comments } = parseSync('all.d.ts', text)
  return program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || !statement.declaration) return []
    const { declaration, start, end } = statement
    const named =
      declaration.type === 'VariableDeclaration' ? declaration.declarations[0] : declaration
    if (!named || named.id?.type !== 'Identifier') return []
    const comment = comments.findLast((one) => one.end <= start)
    const isItsOwn = comment && text.slice(comment.end, start).trim() === ''
    return [
      {
        name: named.id.name,
        isType: /^TS(Interface|TypeAlias)/.test(declaration.type),
        text: isItsOwn ? markdown(comment.value) : '',
        code: text.slice(start, end).replace(/^export declare /, ''),
      },
    ]
  })
}

/** The text of a doc comment. */
function markdown(comment: string): string {
  return comment
    .replace(/^\*/, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/^@throws (\w+)([^]*?)(?=^@|$(?![^]))/gm, (_, error: string, rest: string) => {
      return `**Throws** \`${error}\`${rest.replace(/\n[ \t]+/g, '\n')}\n\n`
    })
    .replace(/^@example\s*/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .trim()
}

interface Place {
  readonly page: string
  readonly name: string
}

function section({ name, text, code }: Declared, page: string, places: readonly Place[]): string {
  const mentioned = places
    .filter((place) => place.name !== name && mentions(code, place.name))
    .map(
      (place) => `[${place.name}](${place.page === page ? '' : place.page}#${anchor(place.name)})`,
    )
  const parts = [
    `### ${name} {#${anchor(name)}}`,
    text,
    `\`\`\`ts\n${code}\n\`\`\``,
    mentioned.length > 0 ? `Mentions ${mentioned.join(', ')}.` : '',
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

// parameters have names in small letters too
function mentions(code: string, name: string): boolean {
  const plain = code.replace(/\/\*[^]*?\*\//g, '')
  return /^[A-Z]/.test(name) && new RegExp(`\\b${name}\\b`).test(plain)
}

// names that differ in their case only have anchors of their own: `aggregate` and `Aggregate`
function anchor(name: string): string {
  return `${/^[A-Z]/.test(name) ? 'type' : 'value'}-${name.toLowerCase()}`
}

rmSync(pages, { recursive: true, force: true })
mkdirSync(pages, { recursive: true })
const told: Place[] = []
const names: string[] = []
for (const [path, file] of entryPoints()) {
  const name = path === '.' ? 'annals' : `annals${path.slice(1)}`
  const page = `${name.replaceAll('/', '-')}.md`
  const all = declaredIn(declarations(file))
  const own = all.filter((one) => !told.some((place) => place.name === one.name))
  told.push(...own.map((one) => ({ page, name: one.name })))
  const part = (title: string, isType: boolean) => {
    const list = own.filter((one) => one.isType === isType).toSorted(byName)
    if (list.length === 0) return []
    return [`## ${title}`, ...list.map((one) => section(one, page, told))]
  }
  const text = [
    `# ${name}`,
    `What \`import { … } from '${name}'\` gives, from the declarations of the package.`,
    ...part('Functions and values', false),
    ...part('Types', true),
  ]
  // the width of a column of code on the site
  const formatted = await format(text.join('\n\n'), {
    parser: 'markdown',
    printWidth: 72,
    semi: false,
    singleQuote: true,
  })
  writeFileSync(join(pages, page), formatted)
  names.push(`${name}: ${own.length}`)
}
console.log(`reference of ${names.join(', ')}`)

function byName(one: Declared, next: Declared): number {
  return one.name.localeCompare(next.name, 'en')
}
