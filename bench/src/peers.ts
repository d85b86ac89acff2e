import { createRequire } from 'node:module'

const installed = createRequire(new URL('../peers/package.json', import.meta.url))

/**
 * Packages of the folder `peers`, or why they cannot be used. Whoever asks says what is called of them: their own
 * types are not there where they are not installed.
 */
export function peers(...names: readonly string[]): readonly object[] | string {
  try {
    return names.map((name) => installed(name) as object)
  } catch {
    return 'not installed; `npm run peers --workspace bench` installs it'
  }
}
