import { z } from 'zod'

/** What the shop sells, and for how many cents. */
export const prices = {
  'green tea': 490,
  'black tea': 390,
  teapot: 2_900,
  cup: 850,
  honey: 620,
  biscuits: 340,
} as const

/** A product of the catalogue. */
export const Product = z.enum(Object.keys(prices) as (keyof typeof prices)[]) // its own keys
