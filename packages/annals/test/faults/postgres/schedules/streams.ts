import { setTimeout as delay } from 'node:timers/promises'
import { UnavailableError } from '../../../../src/core/errors.ts'
import type { Append } from '../../../../src/store/store.ts'
import type { Outcome } from '../history.ts'
import { appendOf, draft, fact } from '../place.ts'
import type { Scene, Schedule } from './scene.ts'

const held = { category: 'held', id: '1' }
const event = () => draft(held)
const other = (id: number) => draft({ category: 'other', id: String(id) })

// longer than any of the others takes, in milliseconds
const patience = 2_000

/** What becomes of appends whose stream a transaction holds. */
export const streams = {
  'appends to the stream': async (scene) =>
    raced(scene, { append: () => appendOf(event()), wanted: 'acknowledged' }),

  'appends that create the stream': async (scene) => {
    const guard = { streams: [{ ...held, version: 'none' as const }] }
    return raced(scene, { append: () => ({ ...appendOf(event()), guard }), wanted: 'refused' })
  },

  'appends that only check the stream': async (scene) => {
    const guard = { streams: [{ ...held, version: 0 }] }
    const append = () => ({ ...appendOf(fact([])), guard })
    return raced(scene, { append, wanted: 'refused' })
  },

  'appends to other streams': async (scene) => {
    const slow = await scene.begin()
    await slow.append(event(), other(1), other(2))
    const waits = [scene.append(event()), scene.append(other(1)), scene.append(other(2))]
    const others = Promise.all(
      Array.from({ length: 200 }, (_, index) => scene.append(other(10 + index))),
    )
    await scene.waiting(Promise.all(waits))
    const first = await Promise.race([others, delay(patience, 'late', { ref: false })])
    await slow.commit()
    const outcomes = [...(await others), ...(await Promise.all(waits))]
    return [
      ...(Array.isArray(first) ? [] : ['barred']),
      ...(outcomes.every((outcome) => outcome === 'acknowledged') ? [] : ['refused']),
    ]
  },

  'an append to a stream that is free again, while others wait for longer': async (scene) => {
    const slow = await scene.begin()
    await slow.append(event(), other(1), other(2), other(3))
    const brief = await scene.begin()
    await brief.append(other(4))
    const waits = [event(), other(1), other(2), other(3)].map((each) => scene.append(each))
    await scene.waiting(Promise.all(waits))
    const free = scene.append(other(4))
    await scene.append(other(5)) // sent with it or later: it was found busy
    await brief.commit()
    const first = await Promise.race([free, delay(patience, 'late', { ref: false })])
    await slow.commit()
    await Promise.all(waits)
    return first === 'acknowledged' ? [] : ['barred']
  },

  'an append that waits for the transaction of its own caller': async (scene) => {
    const forgetful = await scene.begin()
    await forgetful.append(event())
    const impatient = scene.open({ timeout: '300ms' })
    const began = performance.now()
    const said = await impatient
      .append(appendOf(event()))
      .then(undefined, (error: unknown) => error)
    const lasted = performance.now() - began
    await forgetful.commit()
    return [
      ...(said instanceof UnavailableError ? [] : ['not unavailable']),
      ...(String(said).includes(String(forgetful.pid))
        ? []
        : [`it does not name the holder: ${String(said)}`]),
      ...(lasted < 2_000 ? [] : [`it waited for ${lasted} ms`]),
    ]
  },
} satisfies Readonly<Record<string, Schedule>>

interface Race {
  readonly append: () => Append
  readonly wanted: Outcome
}

/** Appends twice while a transaction has appended to the stream, which then commits. */
async function raced(scene: Scene, { append, wanted }: Race): Promise<readonly string[]> {
  const slow = await scene.begin()
  await slow.append(event())
  const caller = await scene.begin()
  const within = caller.concluded(append())
  await scene.waiting(within, caller)
  const alone = scene.guarded(append())
  await scene.waiting(alone)
  await slow.commit()
  return [await within, await alone].filter((outcome) => outcome !== wanted)
}
