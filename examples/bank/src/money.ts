import { z } from 'zod'

/** An amount in whole cents: money is counted, never measured in fractions. */
export const Cents = z.int().positive()

/** An amount as people write it, `1234.50`, read as cents. */
export const WrittenAmount = z
  .string()
  .regex(/^\d{1,12}\.\d\d$/, { error: ({ input }) => `the amount "${input}" is not like 1234.50` })
  .transform((text) => Number(text.replace('.', '')))
  .refine((cents) => cents > 0, 'the amount is nothing')

const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** An amount for people: 123450 is €1,234.50. */
export function inEuros(cents: number) {
  return euros.format(`${cents}e-2` as `${number}`) // a decimal text, so that nothing is rounded
}
