import { chain, type Awaitable } from './awaitable.ts'
import { MisuseError, type Issue } from './errors.ts'
import { toPath } from './path.ts'

/** Any Standard Schema (https://standardschema.dev): zod, valibot, arktype and others satisfy it. */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a Standard Schema answers. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What a Standard Schema finds wrong. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema takes. */
export type SchemaInput<S extends Schema> = NonNullable<S['~standard']['types']>['input']
/** What a schema gives. */
export type SchemaOutput<S extends Schema> = NonNullable<S['~standard']['types']>['output']

/** The output of a schema; what is wrong with the value goes to `refuse`, which throws. */
export function parse<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
  refuse: (issues: readonly Issue[], cause?: unknown) => never,
): Awaitable<Output> {
  const thrown = (cause: unknown) =>
    refuse([{ path: '', message: `its schema threw ${String(cause)}` }], cause)
  return chain(validated(schema, value, thrown), (result) =>
    result.issues ? refuse(result.issues.map(toIssue)) : result.value,
  )
}

function validated<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
  thrown: (cause: unknown) => never,
): Awaitable<SchemaResult<Output>> {
  try {
    const result = schema['~standard'].validate(value)
    return result instanceof Promise ? result.catch(thrown) : result
  } catch (cause) {
    return thrown(cause)
  }
}

/** A value that must be there at once; `what` is named in the error when it is promised. */
export function atOnce<T>(value: Awaitable<T>, what: string): T {
  if (!(value instanceof Promise)) return value
  value.catch(() => undefined) // the error below says what to do; a failed validation adds nothing
  throw new MisuseError(
    'ANNALS_ASYNC_SCHEMA',
    `${what} has an asynchronous schema, which cannot answer at once; use a synchronous one, or an aggregate of functions`,
  )
}

function toIssue({ message, path = [] }: SchemaIssue): Issue {
  return { message, path: toPath(path.map((part) => (typeof part === 'object' ? part.key : part))) }
}
