import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']
const onMacOs = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

// A browser for tests asks nobody outside for anything.
const args = [
  '--no-sandbox', // which root cannot have
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A headless Chromium: the one that `CHROMIUM` names, or the one that is installed. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(process.env), args })
}

/** Where Chromium is, with these variables of the environment. */
export function chromiumPath({ CHROMIUM, PATH = '' }: NodeJS.ProcessEnv): string {
  const paths = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  const found = CHROMIUM ?? [...paths, onMacOs].find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    'there is no Chromium for the tests of the page: run scripts/services as root, install Chromium or Chrome, or name its program in CHROMIUM',
  )
}
