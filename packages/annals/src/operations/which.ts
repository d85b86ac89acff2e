import { misuse } from '../core/errors.ts'
import type { App } from '../processing/app.ts'
import { partsBehind } from '../processing/parts.ts'
import type { Processor } from '../processing/processor.ts'

/** A view, projection or subscription that an app keeps, or its name. */
export type WhichProcessor = Processor | string

/** The processor of an app that is meant. */
export function processorNamed(what: string, app: App, which: WhichProcessor): Processor<unknown> {
  const { processors } = partsBehind(what, app).processing
  const name = typeof which === 'string' ? which : which.name
  const found = processors.find((processor) => processor.name === name)
  const known = processors.map((processor) => processor.name).join(', ') || 'nothing'
  return found ?? misuse(`${what}: the app keeps no ${name}; it keeps ${known}`)
}
