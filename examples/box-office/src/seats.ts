import { aggregate, events, fold, reject, view } from 'annals'
import { z } from 'zod'

/** What can happen to a seat. */
export const SeatEvents = events({
  SeatSold: z.object({ till: z.string(), cents: z.int().positive() }),
})

const SeatState = fold(SeatEvents, {
  initial: { sold: false },
  SeatSold: () => ({ sold: true }),
})

/** A seat of the concert, which is sold once, whoever asks first. */
export const Seat = aggregate('seat', SeatState, {
  sell: ({ sold }, till: string) =>
    sold ? reject('the seat is sold') : SeatEvents.SeatSold({ till, cents: 4_500 }),
})

/** What each till has sold: a document for each, kept in the background by the board. */
export const Takings = view(
  'takings',
  fold(SeatEvents, {
    initial: { seats: 0, cents: 0 },
    SeatSold: ({ seats, cents }, sold) => ({ seats: seats + 1, cents: cents + sold.cents }),
  }),
  { by: ({ data }) => data.till, indexes: ['seats'] },
)
