import { draft } from '../place.ts'
import type { Scene, Schedule } from './scene.ts'

const event = (id: string) => draft({ category: 'outlived', id })

/** What followers see who outlive a crash. */
export const crashes = {
  'the sequence goes back': async (scene) => {
    await scene.append(event('first'))
    for (let attempt = 1; ; attempt++) {
      const undone = await scene.begin()
      await undone.append(...Array.from({ length: 100 }, () => event('undone')))
      await undone.rollback()
      await scene.follow()
      const before = await lastPosition(scene)
      await scene.cluster.restart('immediate')
      const after = await lastPosition(scene)
      await scene.append(event('again'), event('again'))
      if (after < before) return []
      // a slow server had written it down meanwhile
      if (attempt === 10) return [`the sequence did not go back: ${before}, ${after}`]
    }
  },

  'an append is prepared, and outlives the crash as well': async (scene) => {
    const slow = await scene.begin()
    await slow.append(event('slow'))
    await slow.commit(`prepare transaction 'slow'`)
    await scene.append(event('fast'))
    await scene.follow()
    await scene.cluster.restart('immediate')
    await scene.append(event('fast'))
    await scene.follow()
    await scene.cluster.query(`commit prepared 'slow'`)
    return []
  },
} satisfies Readonly<Record<string, Schedule>>

async function lastPosition(scene: Scene): Promise<number> {
  const [row] = await scene.cluster.query(
    `select last_value from "${scene.place.schema}".events_position`,
  )
  return Number(row?.['last_value'])
}
