// The board over the entrance, a process of its own: it follows the log, from the beginning and then live, and keeps
// what each till has taken.
import { annals } from 'annals'
import { givenHouse, openStore, tell } from './house.ts'
import { SeatEvents, Takings } from './seats.ts'

const house = givenHouse()
await using office = annals({ store: openStore(house), background: [Takings] })
await office.start()

const seats = new Set<string>()
const twice: string[] = []
let cents = 0

for await (const event of office.read(SeatEvents, {}, { live: true })) {
  if (seats.has(event.stream.id)) twice.push(event.stream.id)
  seats.add(event.stream.id)
  cents += event.data.cents
  tell({ kind: 'sold', seats: seats.size })
  if (seats.size === house.seats) break
}

await office.caughtUp()
const { documents } = await office.query(Takings, { orderBy: { seats: 'desc' } })
const tills = documents.map(({ state }) => state.seats)
tell({ kind: 'full', seats: seats.size, twice, cents, tills })
