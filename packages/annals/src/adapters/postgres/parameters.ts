/** A list of numbers as PostgreSQL writes an array. */
export function numbers(list: readonly number[]): string {
  return `{${list.join(',')}}`
}

/** A list of texts as PostgreSQL writes an array. */
export function texts(list: readonly (string | null)[]): string {
  return `{${list.map((text) => (text === null ? 'null' : quoted(text))).join(',')}}`
}

const special = /["\\]/g

function quoted(text: string): string {
  return `"${text.replaceAll(special, String.raw`\$&`)}"`
}
