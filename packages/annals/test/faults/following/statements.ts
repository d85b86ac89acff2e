import { DatabaseSync, StatementSync } from 'node:sqlite'
import pg from 'pg'
import type { Footsteps } from './footsteps.ts'

type Method = (this: object, ...given: unknown[]) => unknown

/**
 * Counts every statement of this process as `statement`, and under the first of its words or the function of the store that
 * it calls, and replaces texts in those that go to SQLite.
 */
export function overDrivers(
  footsteps: Footsteps,
  replaced: readonly (readonly [from: string, to: string])[],
): void {
  const counted = (textOf: (statement: object, given: unknown) => unknown) => (method: Method) =>
    function statement(this: object, ...given: unknown[]) {
      const text = textOf(this, given[0])
      return footsteps.take('statement', () =>
        footsteps.take(nameOf(String(text)), () => method.apply(this, given)),
      )
    }
  over(pg.Client.prototype, ['query'], counted(sent))
  over(DatabaseSync.prototype, ['exec'], counted(sent))
  const prepared = counted((statement) => Reflect.get(statement, 'sourceSQL'))
  over(StatementSync.prototype, ['run', 'get', 'all'], prepared)
  over(
    DatabaseSync.prototype,
    ['prepare'],
    (prepare) =>
      function replacing(sql, ...rest) {
        return prepare.call(this, changed(String(sql), replaced), ...rest)
      },
  )
}

function sent(_: object, given: unknown): unknown {
  return typeof given === 'object' && given && 'text' in given ? given.text : given
}

function nameOf(text: string): string {
  const [, called] = /"\.(\w+)\(/.exec(text) ?? []
  const [word = ''] = /\w+/.exec(text) ?? []
  return `sql ${called ?? word}`
}

function changed(text: string, replaced: readonly (readonly [from: string, to: string])[]): string {
  return replaced.reduce((before, [from, to]) => before.replaceAll(from, to), text)
}

/** Puts something over methods that all objects of a class share. */
function over(prototype: object, names: readonly string[], put: (method: Method) => Method): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as Method
    Reflect.set(prototype, name, put(method))
  }
}
