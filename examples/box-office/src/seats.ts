import { aggregate, events, fold, reject } from 'annals'
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
