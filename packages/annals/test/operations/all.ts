/** All that comes, as a list. */
export async function all<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  return Array.fromAsync(source)
}
