/** Whether a value has methods of these names, as an object or a function; drivers are told apart by theirs. */
export function hasMethods(value: unknown, names: readonly string[]): value is object {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}
