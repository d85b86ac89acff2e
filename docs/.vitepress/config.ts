import { copyFileSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defineConfig } from 'vitepress'

const wide = ['benchmarks.md', 'reference/errors.md']

type Item = readonly [text: string, link: string]

export default defineConfig({
  title: 'Annals',
  description: 'Event sourcing for TypeScript',
  cleanUrls: true,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    nav: [
      { text: 'Tutorial', link: '/tutorial/' },
      { text: 'Ideas', link: '/ideas/' },
      { text: 'Operating', link: '/operating/deploying' },
      { text: 'Reference', link: '/reference/api/annals' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: [
      part('Tutorial', 'tutorial/', [
        ['1. The first event', 'index'],
        ['2. Rules and their tests', 'rules'],
        ['3. A file', 'file'],
        ['4. PostgreSQL', 'postgres'],
        ['5. A view', 'view'],
        ['6. A follower', 'follower'],
      ]),
      part('Writing', 'ideas/', [
        ['All ideas', 'index'],
        ['Events', 'events'],
        ['Events that change', 'events-that-change'],
        ['Folds', 'folds'],
        ['Aggregates', 'aggregates'],
        ['The app', 'app'],
        ['Conflicts', 'conflicts'],
        ['Repeated requests', 'idempotence'],
        ['Several aggregates at once', 'together'],
        ['Decisions', 'decisions'],
        ['Your own transaction', 'transactions'],
        ['Correlation and causation', 'metadata'],
        ['Tenants', 'tenants'],
        ['Handling errors', 'errors'],
        ['Testing', 'testing'],
      ]),
      part('Reading', 'ideas/', [
        ['Time travel', 'time-travel'],
        ['Reading events', 'reading'],
        ['Views', 'views'],
        ['Queries', 'queries'],
        ['Reading your own writes', 'read-your-writes'],
        ['Projections', 'projections'],
        ['Subscriptions', 'subscriptions'],
        ['What followers promise', 'following'],
      ]),
      part('Stores', '', [
        ['Which store', 'ideas/stores'],
        ['PostgreSQL', 'postgres'],
      ]),
      part('Operating', 'operating/', [
        ['Deploying', 'deploying'],
        ['Rebuilding', 'rebuilding'],
        ['Status and health', 'status'],
        ['Parked events', 'parked-events'],
        ['Backup and restore', 'backup'],
        ['Failover', 'failover'],
        ['Command line', 'command-line'],
        ['Telemetry', 'telemetry'],
      ]),
      part('Reference', 'reference/', [...entryPoints(), ['Errors', 'errors']]),
      part('Measured', '', [['Benchmarks', 'benchmarks']]),
    ],
    outline: [2, 3],
    search: { provider: 'local' },
    docFooter: { prev: 'Before', next: 'Next' },
  },
  // the page of the root's API is one of the largest
  vite: { build: { chunkSizeWarningLimit: 1_500 } },
  markdown: {
    config(markdown) {
      const { fence } = markdown.renderer.rules
      // the title of a block, ```ts [account.ts], is the name of the file that it is
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        // the theme takes it away
        const title = /\[([\w.-]+)\]/.exec(tokens[index]?.info ?? '')?.[1]
        const code = fence?.(tokens, index, ...rest) ?? ''
        return title === undefined ? code : `<p class="file">${title}</p>\n${code}`
      }
    },
  },
  // pages that are tables have all the width
  transformPageData({ relativePath }) {
    return wide.includes(relativePath)
      ? { frontmatter: { aside: false, pageClass: 'wide' } }
      : undefined
  },
  buildEnd({ srcDir, outDir }) {
    // what pages link to besides pages
    for (const file of globSync('operating/*.{json,yaml}', { cwd: srcDir }))
      copyFileSync(join(srcDir, file), join(outDir, file))
  },
})

/** The generated pages, one for each entry point of the package: annals-sqlite.md is about annals/sqlite. */
function entryPoints(): readonly Item[] {
  return globSync('reference/api/*.md', { cwd: join(import.meta.dirname, '..') })
    .map((file) => basename(file, '.md'))
    .toSorted()
    .map((name) => [name.replace('-', '/'), `api/${name}`] as const)
}

/** A part of the sidebar, of pages in a folder. */
function part(text: string, folder: string, items: readonly Item[]) {
  return {
    text,
    collapsed: text !== 'Tutorial',
    items: items.map(([name, page]) => ({
      text: name,
      link: `/${folder}${page === 'index' ? '' : page}`,
    })),
  }
}
