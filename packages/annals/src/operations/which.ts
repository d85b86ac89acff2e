import { misuse } from '../core/errors.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Processor } from '../processing/processor.ts'
import { compareVersions } from '../store/versions.ts'

/** A view, projection or subscription that an app keeps, or its name, which may have its version behind it: `'sums@1.2'`. */
export type WhichProcessor = Processor<unknown> | string

/** The processor of an app that is meant. */
export function processorNamed(what: string, app: App, which: WhichProcessor): Processor<unknown> {
  const { processors } = partsBehind(what, app).processing
  const [name, version] = typeof which === 'string' ? which.split('@') : [which.name, which.version]
  const named = processors.filter((processor) => processor.name === name)
  const [newest] = named.toSorted((one, next) => compareVersions(next.version, one.version))
  const found = version === undefined ? newest : named.find((one) => one.version === version)
  if (found) return found
  const known = processors.map((one) => (one.name === name ? fullName(one) : one.name))
  return misuse(
    `${what}: the app keeps no ${newest ? `${name}@${version}` : name}; it keeps ${known.join(', ') || 'nothing'}`,
  )
}

/** A version of a processor, as people write it. */
export function fullName({ name, version }: Pick<Processor, 'name' | 'version'>): string {
  return `${name}@${version}`
}
