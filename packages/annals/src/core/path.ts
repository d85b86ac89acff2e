/** A path as people write it: `items[2].price`. */
export function toPath(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) =>
      typeof key === 'number'
        ? `[${key}]`
        : typeof key === 'string' && /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key)
          ? `${index ? '.' : ''}${key}`
          : `[${JSON.stringify(String(key))}]`,
    )
    .join('')
}
