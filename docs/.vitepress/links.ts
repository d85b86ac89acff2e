// Follows every link of the built site, with its anchor, and finds what a page would load from elsewhere: nothing.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

const site = join(import.meta.dirname, 'dist')
const pages = new Map(
  globSync('**/*.html', { cwd: site }).map((name) => [
    name,
    readFileSync(join(site, name), 'utf8'),
  ]),
)
const problems: string[] = []
const found = new Set(['index.html', '404.html'])

for (const [page, html] of pages) {
  for (const [, href = ''] of html.matchAll(/<a\b[^>]*? href="([^"]*)"/g)) {
    if (!/^(?:https?:|mailto:)/.test(href)) follow(page, href.replaceAll('&amp;', '&'))
  }
  for (const [, url = ''] of html.matchAll(/<(?!a\b)[a-z]+\b[^>]*? (?:src|href)="([^"]*)"/g))
    load(page, url)
}
for (const name of globSync('**/*.css', { cwd: site })) {
  for (const [, url = ''] of readFileSync(join(site, name), 'utf8').matchAll(/url\(([^)]*)\)/g))
    load(name, url.replaceAll(/["']/g, ''))
}

for (const page of pages.keys()) if (!found.has(page)) problems.push(`nothing leads to ${page}`)
if (pages.size === 0) problems.push('there is no page: run npm run docs:build')
for (const problem of problems) console.error(problem)
console.log(`${pages.size} pages, ${problems.length} links or requests that are wrong`)
if (problems.length > 0) process.exitCode = 1

function follow(page: string, href: string): void {
  const { pathname, hash } = new URL(href, `http://site/${page}`)
  const path = decodeURIComponent(pathname).slice(1)
  const file = [path, `${path}.html`, posix.join(path, 'index.html')].find((name) =>
    /\.\w+$/.test(name) ? existsSync(join(site, name)) : false,
  )
  if (file === undefined) problems.push(`${page}: ${href} leads nowhere`)
  else if (hash && !hasAnchor(file, decodeURIComponent(hash.slice(1))))
    problems.push(`${page}: ${href} has no such anchor`)
  if (file !== undefined && file !== page) found.add(file)
}

function hasAnchor(name: string, anchor: string): boolean {
  return pages.get(name)?.includes(` id="${anchor}"`) ?? false
}

function load(name: string, url: string): void {
  if (url.startsWith('data:') || url === '') return
  const path = url.startsWith('/') ? url.slice(1) : posix.join(dirname(name), url)
  if (/^(?:https?:)?\/\//.test(url)) problems.push(`${name} loads ${url} from elsewhere`)
  else if (!existsSync(join(site, path.replace(/[?#].*$/, ''))))
    problems.push(`${name} loads ${url}, which is not there`)
}
