import { expect, test } from 'vitest'
import type { Contract, OpenSubject } from '../../src/testing/contract.ts'
import type { StorePlace } from '../../src/testing/contracts/store/scene.ts'
import { broken, type Mutate } from './ways.ts'

/** A store that is wrong, and the promises that it breaks. */
export interface Mutant {
  readonly breaks: readonly string[]
  readonly mutate: Mutate
}

/** What may be wrong, each by the end of a sentence: a store that … */
export type Mutants = Readonly<Record<string, Mutant>>

/** A mutant that breaks these promises. */
export function breaking(breaks: readonly string[], mutate: Mutate): Mutant {
  return { breaks, mutate }
}

/** Whether stores of these places keep one promise of a contract. */
export function kept(
  { name, promises }: Contract<StorePlace>,
  sentence: string,
  place: OpenSubject<StorePlace>,
): Promise<boolean> {
  const trial = promises[sentence]
  if (!trial) throw new Error(`the ${name} contract has no promise '${sentence}'`)
  return trial(place).then(
    () => true,
    () => false,
  )
}

/**
 * Registers a test for each promise that a mutant of the memory store breaks, and one that all promises of the contract
 * are broken by some mutant, but for those that are `beyond` what a memory store can do, and so cannot break.
 */
export function prove(
  contract: Contract<StorePlace>,
  mutants: Mutants,
  beyond: readonly string[] = [],
): void {
  for (const [name, { breaks, mutate }] of Object.entries(mutants))
    test.for(breaks)(`a store that ${name} fails: %s`, async (sentence) => {
      expect(await kept(contract, sentence, () => ({ open: broken(mutate) }))).toBe(false)
    })

  test(`every promise of the ${contract.name} contract is broken by a mutant, and every mutant breaks one`, () => {
    const proven = new Set(Object.values(mutants).flatMap(({ breaks }) => breaks))
    const promised = Object.keys(contract.promises).filter((one) => !beyond.includes(one))
    expect([...proven].toSorted()).toEqual(promised.toSorted())
    const idle = Object.entries(mutants).filter(([, { breaks }]) => breaks.length === 0)
    expect(idle).toEqual([])
  })
}
