/** The name that somebody may have meant, if any is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const far = Math.max(1, Math.floor(given.length / 2))
  const [best] = known
    .map((name) => ({ name, distance: distance(given, name) }))
    .filter((one) => one.distance <= far)
    .toSorted((a, b) => a.distance - b.distance)
  return best?.name
}

/** How many letters are to be put in, left out or replaced to make one text of another (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place)
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1]
    for (let place = 0; place < to.length; place++) {
      const [above = 0, diagonal = 0, left = 0] = [row[place + 1], row[place], next[place]]
      next.push(Math.min(above + 1, left + 1, diagonal + (from[index] === to[place] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
