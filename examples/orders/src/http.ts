import type { App } from 'annals'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { fileURLToPath } from 'node:url'
import { After, checked, LastSeen } from './checked.ts'
import { commands } from './commands.ts'
import { follow, type Following } from './events.ts'
import { answerProblem, Problem, problems } from './problems.ts'
import { questions } from './questions.ts'

const page = fileURLToPath(new URL('../page', import.meta.url))

/** The shop over HTTP, and its page. */
export function shopOverHttp(shop: App, following: Following) {
  const http = new Hono()
  http.onError(answerProblem)
  http.notFound((c) => answerProblem(new Problem('not-found', `nothing is at ${c.req.path}`), c))
  http.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"] } }))
  http.use(
    bodyLimit({
      maxSize: 10_000,
      onError: (c) => answerProblem(new Problem('too-large', 'send 10,000 bytes at most'), c),
    }),
  )
  http.route('/', commands(shop))
  http.route('/', questions(shop))
  http.get('/events', checked('query', After), checked('header', LastSeen), (c) => {
    const { after = 0 } = { ...c.req.valid('query'), ...c.req.valid('header') }
    return follow(c, shop, after, following)
  })
  http.get('/problems', (c) => c.json(problems))
  http.get('*', serveStatic({ root: page }))
  return http
}
