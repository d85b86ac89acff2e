import type { PlainAggregate } from '../core/deciding.ts'
import { misuse } from '../core/errors.ts'
import type { Session } from '../store/session.ts'
import type { EventStore } from '../store/store.ts'
import type { App } from './app.ts'
import type { Processing } from './processing.ts'

/** What is behind an app, for those who operate it. */
export interface AppParts {
  readonly store: EventStore
  /** Who acts: what `with` bound the app to. */
  readonly session: Session
  /** Those that the app names. */
  readonly aggregates: readonly PlainAggregate[]
  readonly processing: Processing
}

const partsOf = new WeakMap<object, AppParts>()

/** Notes what is behind an app. */
export function keepParts(app: object, parts: AppParts): void {
  partsOf.set(app, parts)
}

/** Whether a value is an app that `annals`, of this copy of the library, made. */
export function isApp(app: unknown): app is App {
  return typeof app === 'object' && app !== null && partsOf.has(app)
}

/** What is behind an app that `annals` made. */
export function partsBehind(what: string, app: App): AppParts {
  return partsOf.get(app) ?? misuse(`${what} takes the app that annals() gave`)
}
