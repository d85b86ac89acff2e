import type { Fate } from './footsteps.ts'
import { Gone, type Life } from './life.ts'
import type { LifeOptions } from './messages.ts'
import type { ModelName } from './models.ts'
import type { Stage } from './stage.ts'
import { faultsAt, kindsOf } from './truth.ts'

/** Steps at a place, by processes that may lack a mechanism; what is wrong with the models afterwards. */
export type Schedule = (stage: Stage, lacking: LifeOptions) => Promise<readonly string[]>

// who comes after another has its leases expired
const afterwards = 10_000

/** What takes place in a process until it is killed. */
async function untilKilled(life: Life, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Gone)) throw error
  })
  const end = await life.ended
  if (end !== 'SIGKILL') throw new Error(`it was to be killed, and ended with ${end}`)
}

async function wrong(stage: Stage, models: readonly ModelName[]): Promise<readonly string[]> {
  return kindsOf(await faultsAt(stage.place, models))
}

export const schedules = {
  'an owner wakes with a page that another one has handled': async (stage, lacking) => {
    const background = ['journal'] as const
    await stage.append(['a'], 3)
    const fate = { step: 'commit', when: 'before', call: 1, signal: 'SIGSTOP' } as const
    const halted = stage.begin({ ...lacking, background, fate })
    const started = halted.do('start')
    await halted.halted()
    const other = await stage.started({ ...lacking, background, ahead: afterwards })
    await other.do('settle')
    halted.goOn()
    await started
    await halted.do('close')
    await other.do('settle')
    return wrong(stage, background)
  },

  'a page is cut off before its work': (stage, lacking) =>
    cutOff(stage, lacking, { step: 'commit', when: 'before' }),

  'a page is cut off after its work': (stage, lacking) =>
    cutOff(stage, lacking, { step: 'commit', when: 'after' }),

  'two processes write the same documents inline': async (stage, lacking) => {
    const inline = ['crossings'] as const
    const lives = await Promise.all(
      ['left', 'right'].map(async (name) => {
        const life = await stage.started({ ...lacking, inline })
        return { life, walks: Array.from({ length: 4 }, (_, index) => `${name}-${index}`) }
      }),
    )
    await Promise.all(lives.map(({ life, walks }) => life.do('walk', { walks, upTo: 15 })))
    return wrong(stage, inline)
  },

  'a program that knows no view appends': async (stage, lacking) => {
    const inline = ['walks'] as const
    const life = await stage.started({ ...lacking, inline })
    await life.do('walk', { walks: ['a'], upTo: 3 })
    await stage.append(['b'], 3)
    await life.do('settle')
    return wrong(stage, inline)
  },

  'a process ends while events wait behind one that fails': async (stage, lacking) => {
    const background = ['journal'] as const
    const fails = { models: background, every: 5, until: 'mended', attempts: 1 } as const
    const options: LifeOptions = { background, conduct: { fails } }
    await stage.append(['a'], 6)
    const before = await stage.started({ ...lacking, ...options })
    await stage.until('two parked events', async () => {
      return (await stage.standing('journal'))?.parked === 2 || undefined
    })
    await before.kill()
    const last = await stage.append(['a'])
    const next = await stage.started({ ...lacking, ...options, ahead: afterwards })
    await stage.passed('journal', last)
    await next.kill()
    await stage.mend()
    const mended = await stage.started({ ...options, ahead: 2 * afterwards })
    await mended.do('settle')
    return wrong(stage, background)
  },
} satisfies Readonly<Record<string, Schedule>>

async function cutOff(
  stage: Stage,
  lacking: LifeOptions,
  where: Pick<Fate, 'step' | 'when'>,
): Promise<readonly string[]> {
  const background = ['journal'] as const
  await stage.append(['a', 'b'], 3)
  const fate = { ...where, call: 1, signal: 'SIGKILL' } as const
  const killed = stage.begin({ ...lacking, background, fate })
  await untilKilled(
    killed,
    killed.do('start').then(() => killed.do('settle')),
  )
  const next = await stage.started({ ...lacking, background, ahead: afterwards })
  await next.do('settle')
  return wrong(stage, background)
}
