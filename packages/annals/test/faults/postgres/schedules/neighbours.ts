import { draft } from '../place.ts'
import type { Schedule } from './scene.ts'

const event = (id: string) => draft({ category: 'beside', id })

/** What goes on in the same database holds no follower back. */
export const neighbours = {
  'another store has an append open': async (scene) => {
    const neighbour = await scene.neighbour()
    const open = await neighbour.begin()
    await open.append(event('open'))
    await scene.append(event('1'))
    await scene.append(event('2'))
    const wrong = await scene.stalled()
    await open.commit()
    return [...wrong, ...(await neighbour.judged([]))]
  },

  'another store holds a stream of the same name': async (scene) => {
    const neighbour = await scene.neighbour()
    const open = await neighbour.begin()
    await open.append(event('1'))
    const appends = scene.append(event('1'))
    const waits = scene.waiting(appends).then(() => 'waits')
    const outcome = await Promise.race([appends, waits])
    await open.commit()
    await appends
    return outcome === 'acknowledged' ? [] : ['barred']
  },

  'a transaction of another table is open': async (scene) => {
    const foreign = await scene.connect()
    await foreign.query('begin; create table foreign_work (text text)')
    await scene.append(event('1'))
    const wrong = await scene.stalled()
    await foreign.query('rollback')
    return wrong
  },

  'a prepared transaction of another database was forgotten': async (scene) => {
    await scene.cluster.query('create database elsewhere')
    await scene.cluster.query(
      `begin; create table forgotten (text text); prepare transaction 'forgotten'`,
      'elsewhere',
    )
    await scene.append(event('1'))
    const wrong = await scene.stalled()
    await scene.cluster.query(`rollback prepared 'forgotten'`, 'elsewhere')
    return wrong
  },
} satisfies Readonly<Record<string, Schedule>>
