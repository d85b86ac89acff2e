// The board over the entrance, a process of its own: it follows the log, from the beginning and then live.
import { annals } from 'annals'
import { givenHouse, openStore, tell } from './house.ts'
import { SeatEvents } from './seats.ts'

const house = givenHouse()
const store = openStore(house)
await using office = annals({ store, aggregates: [] })

const seats = new Set<string>()
const twice: string[] = []
let position = 0
let cents = 0

while (seats.size < house.seats) {
  for await (const event of office.read(SeatEvents, {}, { after: position })) {
    if (seats.has(event.stream.id)) twice.push(event.stream.id)
    seats.add(event.stream.id)
    cents += event.data.cents
    position = event.position
  }
  tell({ kind: 'sold', seats: seats.size })
  // nothing is missed between the read and the wait: it ends at once if the log has grown meanwhile
  if (seats.size < house.seats) await store.wake(position, new AbortController().signal)
}
tell({ kind: 'full', seats: seats.size, twice, cents })
