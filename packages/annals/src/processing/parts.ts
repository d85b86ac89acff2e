import { misuse } from '../core/errors.ts'
import type { EventStore } from '../store/store.ts'
import type { App } from './app.ts'
import type { Processing } from './processing.ts'

/** What is behind an app, for those who operate it. */
export interface AppParts {
  readonly store: EventStore
  readonly processing: Processing
}

const partsOf = new WeakMap<object, AppParts>()

/** Notes what is behind an app. */
export function keepParts(app: object, parts: AppParts): void {
  partsOf.set(app, parts)
}

/** What is behind an app that `annals` made. */
export function partsBehind(what: string, app: App): AppParts {
  return partsOf.get(app) ?? misuse(`${what} takes the app that annals() gave`)
}
