/** A page of Markdown. */
export interface Page {
  readonly name: string
  readonly text: string
}

/** A fenced block of code on a page. */
export interface Block {
  readonly language: string
  /** The name of the file that it is, if it is one. */
  readonly title: string | undefined
  /** What the HTML comment above the block says. */
  readonly mark: string
  /** The line of the page that its first line of code is on, from 0. */
  readonly line: number
  readonly code: string
}

/** The blocks of a page, in their order. */
export function blocksOf({ text }: Page): Block[] {
  const fence =
    /(?:^<!-- (?<mark>[^\n]*) -->\n\s*)?^```(?<language>\w+)(?: \[(?<title>[\w.-]+)\])?[^\n]*\n(?<code>[^]*?)^```$/gm
  return [...text.matchAll(fence)].map(({ 0: whole, index, groups = {} }) => {
    const { language = '', title, mark = '', code = '' } = groups
    const start = index + whole.length - code.length - '```'.length
    return { language, title, mark, code, line: text.slice(0, start).split('\n').length - 1 }
  })
}
