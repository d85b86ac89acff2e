import { setImmediate } from 'node:timers/promises'
import type { StoredEvent } from '../../../store/store.ts'
import type { Scene } from './scene.ts'
import { append, at, cart, draft, winners } from './vocabulary.ts'

/** 24 writers of 12 appends each to 8 streams; every tenth append is refused. Gives what they wrote. */
export async function write({ store, other }: Scene): Promise<StoredEvent[]> {
  const writers = Array.from({ length: 24 }, async (_, writer) => {
    const written: StoredEvent[] = []
    for (let turn = 0; turn < 12; turn++) {
      for (let pause = (writer * 7 + turn * 5) % 4; pause > 0; pause--) await setImmediate()
      const stream = cart(`${(writer + turn) % 8}`)
      const guard = (writer * 12 + turn) % 10 === 0 ? at(cart('none such'), 'some') : undefined
      const sent = [draft(stream), draft(cart(`${writer % 8}`))]
      const done = await winners([append(writer % 2 ? store : other, sent, guard)])
      written.push(...done.flatMap(({ events }) => events))
    }
    return written
  })
  const written = (await Promise.all(writers)).flat()
  return written.toSorted((one, next) => one.position - next.position)
}

/** Work that is going on beside. */
export interface Work<Result> {
  readonly done: Promise<Result>
  over: boolean
}

/** Begins work beside, which tells when it is over. */
export function begin<Result>(done: Promise<Result>): Work<Result> {
  const work = { done, over: false }
  const end = () => {
    work.over = true
  }
  done.then(end, end)
  return work
}
