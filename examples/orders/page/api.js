/** The server was not reached, or its answer was lost. */
export class NoAnswer extends Error {}

/**
 * Asks the server; a no comes back as what it said, with `ok: false`.
 *
 * @throws NoAnswer
 */
export async function ask(path, { method = 'GET', body, headers = {} } = {}) {
  try {
    const response = await fetch(path, {
      method,
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const position = Number(response.headers.get('Annals-Position'))
    return { ok: response.ok, status: response.status, position, answer: await response.json() }
  } catch (cause) {
    throw new NoAnswer('The server does not answer.', { cause })
  }
}

/** A text that nobody has made before. It is also there where the page is not served securely. */
export function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return [...bytes].map((byte) => (byte % 36).toString(36)).join('')
}

/**
 * Sends a command to an order as this page sees it: at another version it is refused. Sent again with the same `key`,
 * it has its effect once.
 */
export function command(path, { method = 'POST', body, version, key = fresh() }) {
  const headers = { 'Idempotency-Key': key, ...(version && { 'If-Match': `"${version}"` }) }
  return ask(path, { method, body, headers })
}
