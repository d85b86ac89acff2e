import { rebuild as rebuildIn, unbuilt, type Built } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { exitCodes } from '../failures.ts'
import { builtBefore, isPaused, unlessForNow } from '../for-now.ts'
import { progressBar } from '../progress-bar.ts'

/** Builds versions before they are rolled out. */
export const rebuild: Command = command({
  name: 'rebuild',
  summary: 'builds the version of a view or projection that the app declares, beside the live one',
  more: 'Without a name it builds all that are not live yet. Ctrl-C ends it, and the next one goes on from there. It ends with 1 where events of it are parked. The first process of the roll-out makes it live.',
  args: ['[NAME]'],
  options: {
    rate: {
      kind: 'whole',
      value: 'EVENTS',
      help: 'how many events a second it handles at most; as many as it can',
    },
  },
  example: 'annals rebuild balances',
  json: 'a line for each look at how far it is, { name, version, position, goal, rate, remaining }, the last one of each with remaining: 0 and parked',
  async run({ app, args: [name], options: { rate }, output, signal }) {
    const before = name === undefined ? undefined : await builtBefore(app, name)
    if (before)
      return output.say(
        `${before.name} is built and live in version ${before.version}; raise its version to build it anew beside that.`,
      )
    const wanted = name === undefined ? await unbuilt(app) : [name]
    if (wanted.length === 0)
      return output.say('All views and projections are live in the version that the app declares.')
    let parked = 0
    for (const which of wanted) {
      const bar = progressBar(output)
      try {
        const build = rebuildIn(app, which, {
          signal,
          ...(rate !== undefined && { rate }),
          onProgress: bar.show,
        })
        const done = await unlessForNow(build, () => isPaused(app, which))
        await bar.end()
        await output.tell(told(done), done)
        parked += done.parked
      } catch (error) {
        await bar.end()
        if (signal.aborted) await output.say('It goes on from there when it is called again.')
        throw error
      }
    }
    return parked > 0 ? exitCodes.no : exitCodes.fine
  },
})

function told({ name, version, goal, parked }: Built): string {
  const built = `${name} is built in version ${version}, up to position ${goal}`
  if (parked === 0) return `${built}.`
  const events = parked === 1 ? '1 event of it is' : `${parked} events of it are`
  return `${built}, but ${events} parked; look at them with npx annals parked list ${name}@${version}`
}
