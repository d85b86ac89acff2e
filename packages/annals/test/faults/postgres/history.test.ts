import { describe, expect, test } from 'vitest'
import {
  faultsOf,
  kindsOf,
  type Attempt,
  type FaultKind,
  type Followed,
  type History,
  type KeptEvent,
} from './history.ts'

// a1, a2 in stream s; b1 in stream t; a decision in a stream of its own

const event = (id: string, stream: string, position: number, version: number): KeptEvent => ({
  id,
  stream,
  position,
  version,
  tags: [],
})

const a1 = event('a1', 's', 1, 1)
const b1 = event('b1', 't', 2, 1)
const a2 = event('a2', 's', 4, 2)
const c1 = { ...event('c1', 'fact', 5, 1), tags: ['seat:1'] }
const kept = [a1, b1, a2, c1]

function attempt(
  began: number,
  events: readonly KeptEvent[],
  change: Partial<Attempt> = {},
): Attempt {
  return {
    writer: 'w',
    deed: 'd',
    events: events.map(({ id, stream }) => ({ id, stream })),
    outcome: 'acknowledged',
    began,
    ended: began + 5,
    places: events.map(({ position, version }) => ({ position, version })),
    ...change,
  }
}

// without `places`: it was not acknowledged
function unplaced(
  began: number,
  events: readonly KeptEvent[],
  outcome: Exclude<Attempt['outcome'], 'acknowledged'>,
): Attempt {
  const { places: _, ...rest } = attempt(began, events)
  return { ...rest, outcome }
}

const gone = event('x1', 's', 3, 2)

const attempts = [
  attempt(0, [a1, b1]),
  attempt(10, [a2]),
  attempt(12, [c1]),
  unplaced(13, [gone], 'refused'),
  unplaced(13, [event('x2', 's', 3, 2)], 'unknown'),
]

const follower = (seen: readonly KeptEvent[], cursor: number): Followed => ({
  follower: 'f',
  cursor,
  seen: seen.map(({ id, position }) => ({ id, position })),
})

const good: History = {
  attempts,
  kept,
  followed: [follower(kept, 5), follower([a1, b1], 3), follower([], 0)],
  mostOfTag: 1,
}

test('a history in which every promise was kept has no fault', () => {
  expect(faultsOf(good)).toEqual([])
})

test('an append of which nobody knows the outcome may be there', () => {
  const late = event('x2', 'u', 6, 1)
  const unknown = unplaced(13, [late], 'unknown')
  expect(faultsOf({ ...good, kept: [...kept, late], attempts: [...attempts, unknown] })).toEqual([])
})

describe('a history has a fault in which', () => {
  const wrong: Readonly<Record<string, [history: Partial<History>, ...kinds: FaultKind[]]>> = {
    'an acknowledged event is not there': [{ kept: [a1, b1, a2], followed: [] }, 'lost'],
    'an acknowledged event is at another position': [
      { kept: [a1, b1, { ...a2, position: 3 }, c1], followed: [] },
      'displaced',
    ],
    'a refused event is there': [
      { kept: [...kept, { ...gone, position: 6, version: 3 }] },
      'phantom',
    ],
    'an event is there that nobody sent': [{ kept: [...kept, event('z1', 'z', 6, 1)] }, 'foreign'],
    'half an append is there': [
      {
        kept: [...kept, event('y1', 'y', 6, 1)],
        attempts: [
          ...attempts,
          unplaced(20, [event('y1', 'y', 6, 1), event('y2', 'y', 7, 2)], 'unknown'),
        ],
      },
      'torn',
    ],
    'the events of an append are there in another order': [
      {
        kept: [...kept, event('y1', 'y', 7, 1), event('y2', 'z', 6, 1)],
        attempts: [
          ...attempts,
          unplaced(20, [event('y1', 'y', 7, 1), event('y2', 'z', 6, 1)], 'unknown'),
        ],
      },
      'shuffled',
    ],
    'an event is there twice': [
      { kept: [...kept, { ...b1, position: 6, version: 2 }], followed: [] },
      'copied',
      'displaced',
    ],
    'two events have one position': [
      {
        kept: [...kept, event('y1', 'y', 5, 1)],
        attempts: [...attempts, unplaced(20, [event('y1', 'y', 5, 1)], 'unknown')],
        followed: [],
      },
      'copied',
    ],
    'a version is left out': [
      {
        kept: [...kept, event('y1', 's', 6, 4)],
        attempts: [...attempts, unplaced(20, [event('y1', 's', 6, 4)], 'unknown')],
      },
      'hole',
    ],
    'a version is there twice': [
      {
        kept: [...kept, event('y1', 's', 6, 2)],
        attempts: [...attempts, unplaced(20, [event('y1', 's', 6, 2)], 'unknown')],
      },
      'hole',
    ],
    'a later version has a lower position': [
      {
        kept: [...kept, event('y1', 's', 3, 3)],
        attempts: [...attempts, unplaced(20, [event('y1', 's', 3, 3)], 'unknown')],
        followed: [],
      },
      'twisted',
    ],
    'an append began after the answer to another, and has a lower position': [
      { attempts: [attempt(30, [a1, b1]), ...attempts.slice(1)] },
      'backdated',
    ],
    'two decisions went through of which one was allowed': [
      {
        kept: [...kept, { ...c1, id: 'c2', stream: 'fact2', position: 6 }],
        attempts: [...attempts, attempt(12, [{ ...c1, id: 'c2', stream: 'fact2', position: 6 }])],
      },
      'overdrawn',
    ],
    'a follower passed an event by': [{ followed: [follower([a1, a2, c1], 5)] }, 'missed'],
    'a follower did not see the last event that it says it passed': [
      { followed: [follower([a1, b1, a2], 5)] },
      'missed',
    ],
    'a follower saw an event twice': [{ followed: [follower([...kept, c1], 5)] }, 'doubled'],
    'a follower saw events in another order': [
      { followed: [follower([a1, a2, b1, c1], 5)] },
      'inverted',
    ],
    'a follower saw an event that is not there': [
      { followed: [follower([a1, b1, gone, a2, c1], 5)] },
      'imagined',
    ],
    'a follower saw an event at another position': [
      { followed: [follower([a1, b1, { ...a2, position: 3 }, c1], 5)] },
      'imagined',
    ],
    'an append ended with an error that says nothing': [
      { attempts: [...attempts, unplaced(20, [event('y1', 'y', 6, 1)], 'failed')] },
      'failed',
    ],
  }

  test.each(Object.entries(wrong))('%s', (_, [history, ...kinds]) => {
    expect(kindsOf(faultsOf({ ...good, ...history }))).toEqual(kinds.toSorted())
  })
})
