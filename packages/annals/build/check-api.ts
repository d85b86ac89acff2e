// Proves that users can import every type a public signature mentions: from the same entry point, or from the root.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  Extractor,
  ExtractorConfig,
  type ExtractorLogLevel,
  type ExtractorMessage,
} from '@microsoft/api-extractor'
import { parseSync } from 'oxc-parser'

// the enum of the package is a const enum, which erasable syntax cannot read
const error = 'error' as ExtractorLogLevel
const none = 'none' as ExtractorLogLevel

const projectFolder = resolve(import.meta.dirname, '..')
const packageJsonFullPath = resolve(projectFolder, 'package.json')

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** The built declarations of each entry point, by its path. */
function entries(): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(packageJsonFullPath, 'utf8')) as Manifest
  const found = new Map<string, string>()
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target !== 'string') found.set(path, resolve(projectFolder, target.types))
  }
  return found
}

function exportedBy(file: string): ReadonlySet<string> {
  const { staticExports } = parseSync(file, readFileSync(file, 'utf8')).module
  return new Set(
    staticExports.flatMap((each) => each.entries.map((one) => one.exportName.name ?? '')),
  )
}

function configOf(mainEntryPointFilePath: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder,
      mainEntryPointFilePath,
      compiler: { tsconfigFilePath: resolve(projectFolder, 'tsconfig.api.json') },
      apiReport: { enabled: false },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: error } },
        extractorMessageReporting: {
          default: { logLevel: none },
          'ae-forgotten-export': { logLevel: error },
        },
        tsdocMessageReporting: { default: { logLevel: none } },
      },
    },
  })
}

/** The symbol that a message says is not exported; a second one of the same name is told as `Name_2`. */
function forgotten({ messageId, text }: ExtractorMessage): string | undefined {
  if (messageId !== 'ae-forgotten-export') return undefined
  return /The symbol "(\w+?)(?:_\d+)?"/.exec(text)?.[1]
}

const points = entries()
const ofRoot = exportedBy(points.get('.') ?? '')
let errors = 0
for (const [path, file] of points) {
  const { errorCount } = Extractor.invoke(configOf(file), {
    messageCallback: (message) => {
      message.handled = true
      if (path !== '.' && ofRoot.has(forgotten(message) ?? '')) message.logLevel = none
      if (message.logLevel !== error) return
      console.error(`${path}: ${message.formatMessageWithLocation(projectFolder)}`)
    },
  })
  errors += errorCount
}
console.log(`${points.size} entry points, ${errors} types that users cannot import`)
if (errors > 0) process.exitCode = 1
