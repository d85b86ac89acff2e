import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ExtractorConfig, type IConfigFile } from '@microsoft/api-extractor'
import { parseSync } from 'oxc-parser'

export const projectFolder = resolve(import.meta.dirname, '..')
const packageJsonFullPath = resolve(projectFolder, 'package.json')

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** The built declarations of each entry point, by its path. */
export function entryPoints(): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(packageJsonFullPath, 'utf8')) as Manifest
  const found = new Map<string, string>()
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target !== 'string') found.set(path, resolve(projectFolder, target.types))
  }
  return found
}

/** The names that a file of declarations exports. */
export function exportedBy(file: string): ReadonlySet<string> {
  const { staticExports } = parseSync(file, readFileSync(file, 'utf8')).module
  return new Set(
    staticExports.flatMap((each) => each.entries.map((one) => one.exportName.name ?? '')),
  )
}

/** How API Extractor reads an entry point. */
export function extracting(
  mainEntryPointFilePath: string,
  more: Partial<IConfigFile>,
): ExtractorConfig {
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
      ...more,
    },
  })
}
