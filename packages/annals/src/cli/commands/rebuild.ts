import { rebuild as rebuildIn, unbuilt } from 'annals/operations'
import { command, type Command } from '../command.ts'
import { progressBar } from '../progress-bar.ts'

/** Builds versions before they are rolled out. */
export const rebuild: Command = command({
  name: 'rebuild',
  summary: 'builds the version of a view or projection that the app declares, beside the live one',
  more: 'Without a name it builds all that are not live yet. Ctrl-C ends it, and the next one goes on from there. The first process of the roll-out makes it live.',
  args: ['[NAME]'],
  options: {
    rate: {
      kind: 'whole',
      value: 'EVENTS',
      help: 'how many events a second it handles at most; as many as it can',
    },
  },
  example: 'annals rebuild balances',
  json: 'a line for each look at how far it is, { name, version, position, goal, rate, remaining }, the last one with remaining: 0',
  async run({ app, args: [name], options: { rate }, output, signal }) {
    const wanted = name === undefined ? await unbuilt(app) : [name]
    if (wanted.length === 0)
      return output.say('All views and projections are live in the version that the app declares.')
    for (const which of wanted) {
      const bar = progressBar(output)
      try {
        const done = await rebuildIn(app, which, {
          signal,
          ...(rate !== undefined && { rate }),
          onProgress: bar.show,
        })
        await bar.end()
        await output.say(
          `${done.name} is built in version ${done.version}, up to position ${done.goal}.`,
        )
      } catch (error) {
        await bar.end()
        if (signal.aborted) await output.say('It goes on from there when it is called again.')
        throw error
      }
    }
  },
})
