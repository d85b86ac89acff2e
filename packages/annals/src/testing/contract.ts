import assert from 'node:assert/strict'
import { MisuseError } from '../core/errors.ts'

/** Opens a fresh subject to try a promise on, such as an empty store. */
export type OpenSubject<Subject> = () => Subject | Promise<Subject>

/** Tries one promise on fresh subjects, and throws where it is broken. */
export type Trial<Subject> = (open: OpenSubject<Subject>) => Promise<void>

/** What every adapter of a port promises: each sentence with its trial. */
export interface Contract<Subject> {
  readonly name: string
  readonly promises: Readonly<Record<string, Trial<Subject>>>
}

export interface VerifyOptions {
  /** The `test` of any runner. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Promises that the subject does not keep: each by its exact sentence, with the reason. */
  readonly except?: Readonly<Record<string, string>>
}

/**
 * Registers one test for each promise: `verify(storeContract, () => ({ open: memory }), { test })`. An
 * excepted promise is tested too, and its test fails as soon as the promise is kept after all.
 */
export function verify<Subject>(
  contract: Contract<Subject>,
  open: OpenSubject<Subject>,
  options: VerifyOptions,
): void {
  const { test, except = {} } = options
  checkExceptions(contract, except)
  for (const [sentence, trial] of Object.entries(contract.promises)) {
    const reason = Object.hasOwn(except, sentence) ? except[sentence] : undefined
    if (reason === undefined) test(sentence, () => trial(open))
    else test(`${sentence} (excepted: ${reason})`, () => stillNeeded(sentence, trial(open)))
  }
}

function checkExceptions(
  contract: Contract<never>,
  except: Readonly<Record<string, string>>,
): void {
  for (const [sentence, reason] of Object.entries(except)) {
    if (!Object.hasOwn(contract.promises, sentence))
      throw new MisuseError(
        'ANNALS_OPTION',
        `the ${contract.name} contract promises nothing like '${sentence}'; an exception names a promise to the letter`,
      )
    if (reason.trim() === '')
      throw new MisuseError('ANNALS_OPTION', `the exception from '${sentence}' needs a reason`)
  }
}

async function stillNeeded(sentence: string, trial: Promise<void>): Promise<void> {
  const broken = await trial.then(
    () => false,
    () => true,
  )
  assert.ok(broken, `'${sentence}' is kept now: remove the exception`)
}
