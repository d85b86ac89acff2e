// Proves that users can import every type a public signature mentions: from the same entry point, or from the root.
import { Extractor, type ExtractorLogLevel, type ExtractorMessage } from '@microsoft/api-extractor'
import { entryPoints, exportedBy, extracting, projectFolder } from './entry-points.ts'

// the enum of the package is a const enum, which erasable syntax cannot read
const error = 'error' as ExtractorLogLevel
const none = 'none' as ExtractorLogLevel

const messages = {
  compilerMessageReporting: { default: { logLevel: error } },
  extractorMessageReporting: {
    default: { logLevel: none },
    'ae-forgotten-export': { logLevel: error },
  },
  tsdocMessageReporting: { default: { logLevel: none } },
}

/** The symbol that a message says is not exported; a second one of the same name is told as `Name_2`. */
function forgotten({ messageId, text }: ExtractorMessage): string | undefined {
  if (messageId !== 'ae-forgotten-export') return undefined
  return /The symbol "(\w+?)(?:_\d+)?"/.exec(text)?.[1]
}

const points = entryPoints()
const ofRoot = exportedBy(points.get('.') ?? '')
let errors = 0
for (const [path, file] of points) {
  const { errorCount } = Extractor.invoke(extracting(file, { messages }), {
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
