import type { Config, Processor } from 'annals'

/** Read models are the same in either list. */
export const ways = ['inline', 'background'] as const

/** Names read models in one of the lists. */
export function kept(
  way: (typeof ways)[number],
  ...models: readonly Processor[]
): Pick<Config, 'inline' | 'background'> {
  return way === 'inline' ? { inline: models } : { background: models }
}
