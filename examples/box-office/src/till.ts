// A till, one of several processes: it sells seats in an order of its own, until none is left.
import { annals, RejectedError } from 'annals'
import { givenHouse, openStore, tell } from './house.ts'
import { Seat } from './seats.ts'

const house = givenHouse()
const name = `till ${process.pid}`
const customersAtOnce = 8

await using office = annals({ store: openStore(house), aggregates: [Seat] })

const wishes = shuffled(Array.from({ length: house.seats }, (_, seat) => `seat-${seat + 1}`))
let sold = 0
await Promise.all(Array.from({ length: customersAtOnce }, serve))
tell({ kind: 'closed', sold })

async function serve() {
  for (let seat = wishes.pop(); seat !== undefined; seat = wishes.pop())
    try {
      await office.open(Seat, seat).sell(name)
      sold++
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error // another till was first
    }
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ value }) => value)
}
