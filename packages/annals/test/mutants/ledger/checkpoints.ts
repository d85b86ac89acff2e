import type { Position } from '../../../src/store/store.ts'
import { breaking, type Mutants } from '../proving.ts'
import { omit } from '../ways.ts'
import { committing, sliceOf, spoiling, working } from './ways.ts'

/** What is wrong with checkpoints, and with the pages that move them: a ledger that … */
export const checkpoints: Mutants = {
  'moves no checkpoint with a page': breaking(
    [
      'a lease that has expired is taken over, from the checkpoint',
      'a checkpoint moves with the work of its page',
    ],
    committing((page) => ({
      ...page,
      position: page.lease.position,
    })),
  ),
  'loses the documents of a page': breaking(
    ['a checkpoint moves with the work of its page', 'a page changes the documents as they are'],
    committing((page) => omit(page, 'documents')),
  ),
  'loses what a page parks': breaking(
    [
      'a checkpoint moves with the work of its page',
      'what a page parks and settles at once is settled',
    ],
    committing((page) => omit(page, 'parks')),
  ),
  'shows a page no document that is there': breaking(
    ['a page changes the documents as they are', 'a page of 1,000 documents is changed at once'],
    working((work) => ({
      ...work,
      change: () => work.change(() => undefined),
    })),
  ),
  'shows a page the documents of another tenant': breaking(
    ['a page changes the documents as they are'],
    working((work) => ({
      ...work,
      change: (before) => work.change((key) => before({ ...key, tenant: 'acme' })),
    })),
  ),
  'changes at most 999 documents at once': breaking(
    ['a page of 1,000 documents is changed at once'],
    working((work) => ({
      ...work,
      change: (before) => work.change(before).slice(0, 999),
    })),
  ),
  'moves a checkpoint before the work is done': breaking(
    [
      'a page is committed before its slice is taken over, or not at all',
      'a page that fails leaves nothing, and its error is told',
    ],
    spoiling((ledger) => ({
      async commit(page) {
        await ledger.advance([page])
        return ledger.commit(page)
      },
    })),
  ),
  'parks before the documents are changed': breaking(
    ['a page that fails leaves nothing, and its error is told'],
    spoiling((ledger) => ({
      async commit(page) {
        const { lease } = page
        await ledger.commit({ ...omit(page, 'documents'), position: lease.position })
        return ledger.commit(page)
      },
    })),
  ),
  'settles before the documents are changed': breaking(
    ['a page that fails leaves nothing, and its error is told'],
    spoiling((ledger) => ({
      async commit(page) {
        const { lease, settles = [] } = page
        await ledger.commit({ lease, settles, position: lease.position })
        return ledger.commit(page)
      },
    })),
  ),
  'says that a page which failed is done': breaking(
    ['a page that fails leaves nothing, and its error is told'],
    spoiling((ledger) => ({
      commit: (page) =>
        ledger.commit(page).catch((error: unknown) => {
          if (error instanceof Error && 'code' in error) throw error
          return { next: [] }
        }),
    })),
  ),
  'settles what a page settles before it parks': breaking(
    ['what a page parks and settles at once is settled'],
    spoiling((ledger) => ({
      async commit(page) {
        const { lease, position, settles = [] } = page
        if (settles.length === 0 || !page.parks) return ledger.commit(page)
        const done = await ledger.commit(omit(page, 'parks'))
        await ledger.commit({ lease, position, parks: page.parks })
        return done
      },
    })),
  ),
  'moves one checkpoint at a time': breaking(
    [
      'checkpoints move without work, many at once',
      'moves whose lease was lost are given back, and the others are made',
    ],
    spoiling((ledger) => ({
      advance: (moves) => ledger.advance(moves.slice(0, 1)),
    })),
  ),
  'moves all checkpoints as far as the first': breaking(
    ['checkpoints move without work, many at once'],
    spoiling((ledger) => ({
      advance: (moves) =>
        ledger.advance(moves.map((move) => ({ ...move, position: moves[0]?.position ?? 0 }))),
    })),
  ),
  'moves all checkpoints or none': breaking(
    [
      'who lost a lease can write nothing under it',
      'moves whose lease was lost are given back, and the others are made',
    ],
    spoiling((ledger) => ({
      async advance(moves) {
        const before = moves.map(({ lease }) => ({ lease, position: lease.position }))
        const lost = await ledger.advance(before)
        return lost.length > 0 ? lost : ledger.advance(moves)
      },
    })),
  ),
  'gives no move back': breaking(
    [
      'who lost a lease can write nothing under it',
      'moves whose lease was lost are given back, and the others are made',
    ],
    spoiling((ledger) => ({
      async advance(moves) {
        await ledger.advance(moves)
        return []
      },
    })),
  ),
  'gives all moves back when one is lost': breaking(
    ['moves whose lease was lost are given back, and the others are made'],
    spoiling((ledger) => ({
      advance: async (moves) => ((await ledger.advance(moves)).length > 0 ? moves : []),
    })),
  ),
  'moves a checkpoint back': breaking(
    [
      'a lease that has expired may be written under until it is taken',
      'a checkpoint never goes back',
    ],
    spoiling((ledger) => {
      const said = new Map<string, Position>()
      return {
        async commit(page) {
          const done = await ledger.commit(page)
          said.set(sliceOf(page.lease), page.position)
          return done
        },
        overview: async (processors) =>
          (await ledger.overview(processors)).map((found) => ({
            ...found,
            slices: found.slices.map((slice) => ({
              ...slice,
              position: said.get(sliceOf({ ...found, ...slice })) ?? slice.position,
            })),
          })),
      }
    }),
  ),
  'moves a checkpoint back without work': breaking(
    [
      'who lost a lease can write nothing under it',
      'moves whose lease was lost are given back, and the others are made',
    ],
    spoiling((ledger) => {
      const said = new Map<string, Position>()
      return {
        async advance(moves) {
          const lost = await ledger.advance(moves)
          for (const { lease, position } of moves) said.set(sliceOf(lease), position)
          return lost
        },
        async commit(page) {
          said.delete(sliceOf(page.lease))
          return ledger.commit(page)
        },
        overview: async (processors) =>
          (await ledger.overview(processors)).map((found) => ({
            ...found,
            slices: found.slices.map((slice) => ({
              ...slice,
              position: said.get(sliceOf({ ...found, ...slice })) ?? slice.position,
            })),
          })),
      }
    }),
  ),
  'drops a page that is behind its checkpoint': breaking(
    ['a checkpoint never goes back'],
    spoiling((ledger) => ({
      async commit(page) {
        const [found] = await ledger.overview([page.lease])
        const slice = found?.slices.find(({ first }) => first === page.lease.first)
        const isBehind = slice !== undefined && page.position < slice.position
        return isBehind ? { next: [] } : ledger.commit(page)
      },
    })),
  ),
}
