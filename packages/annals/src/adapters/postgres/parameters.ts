import type { Statement, Value } from './database.ts'

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

const separator = '\x1e'

/** The values of a statement, as they are written into it. */
export class Values {
  readonly #values: Value[] = []

  text(value: string): string {
    return this.#add(value, 'text')
  }

  /** A list of values of a type, each as PostgreSQL writes it. */
  texts(values: readonly (string | null)[], type: string = 'text'): string {
    return this.#add(texts(values), `text::${type}[]`)
  }

  /** The same for many: twice as fast to write and to read where none of them has the character that separates them. */
  many(values: readonly string[], type: string = 'text'): string {
    const joined = values.join(separator)
    // what is empty may be a list of one text, and JSON has no such character
    return joined === '' || (type !== 'json' && values.some((text) => text.includes(separator)))
      ? this.texts(values, type)
      : `string_to_array(${this.text(joined)}, e'\\x1e')::${type}[]`
  }

  numbers(values: readonly number[], type: string): string {
    return this.#add(numbers(values), `text::${type}[]`)
  }

  integer(value: number | undefined): string {
    return this.#add(value === undefined ? null : String(value), 'integer')
  }

  json(value: unknown): string {
    return this.#add(value === undefined ? null : JSON.stringify(value), 'text::json')
  }

  bigint(value: number): string {
    return this.#add(String(value), 'bigint')
  }

  float(value: number | undefined): string {
    return this.#add(value === undefined ? null : String(value), 'float8')
  }

  statement(text: string, prepared: boolean): Statement {
    return { text, values: this.#values, prepared }
  }

  #add(value: Value, type: string): string {
    this.#values.push(value)
    return `$${this.#values.length}::${type}`
  }
}
