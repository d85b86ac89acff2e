import { readdirSync, readFileSync } from 'node:fs'

/** Texts of functions and sequences of the schema of PostgreSQL, and what they become. */
export type Changes = Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>

const folder = new URL('../../../src/adapters/postgres/sql/', import.meta.url)

const shipped = readdirSync(folder)
  .filter((file) => file.endsWith('.sql'))
  .toSorted()
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n')

/** What puts changed functions and sequences into a schema that has those that ship. */
export function changedSql(changes: Changes): string {
  return Object.entries(changes)
    .map(([name, replaced]) => {
      const text = replaced.reduce((before, [from, to]) => {
        if (!before.includes(from)) throw new Error(`the SQL of ${name} has no longer: ${from}`)
        return before.replace(from, () => to)
      }, definitionOf(name))
      return text
        .replace('create function', 'create or replace function')
        .replace('create sequence', 'alter sequence')
    })
    .join('\n')
}

function definitionOf(name: string): string {
  const pattern = `create (?:function ${name}\\([^]*?\\$\\$[^]*?\\$\\$|sequence ${name}\\b[^;]*);`
  const text = [...shipped.matchAll(new RegExp(pattern, 'g'))].at(-1)?.[0]
  if (!text) throw new Error(`no file of SQL defines ${name}`)
  return text
}
