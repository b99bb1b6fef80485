/** Texts for people on GitHub, as pure functions: comments, summaries and annotations within the limits of GitHub. */

/** The maximum length of a comment or an issue, in characters. */
export const commentLimit = 65_536

/** The maximum length of a step's summary, in bytes. */
export const summaryLimit = 1024 * 1024

/** The maximum number of annotations of one kind that GitHub shows for a step. */
export const annotationLimit = 10

const fenceOf = (line: string): string | undefined => /^`{3,}/.exec(line)?.[0]

const bytes = (text: string): number => Buffer.byteLength(text)

/** Returns the length of a text in UTF-16 units. GitHub's count of characters is never greater. */
export const characters = (text: string): number => text.length

/**
 * Cuts Markdown after a line, closes its code block, and adds the number of missing lines. `whole` names the place of the
 * full text.
 */
export const cut = (markdown: string, limit: number, sizeOf: (text: string) => number, whole: string): string => {
  if (sizeOf(markdown) <= limit) return markdown
  const footer = (left: number) => `${left} more lines are in ${whole}.`
  const lines = markdown.split("\n")
  const longestFence = Math.max(0, ...lines.map((line) => fenceOf(line)?.length ?? 0))
  const room = limit - sizeOf(footer(lines.length)) - longestFence - 3
  let size = 0
  let open: string | undefined
  let kept = 0
  for (const line of lines) {
    size += sizeOf(line) + 1
    if (size > room) break
    const fence = fenceOf(line)
    if (open === undefined) open = fence
    else if (fence === open) open = undefined
    kept += 1
  }
  const closing = open === undefined ? [] : [open]
  return [...lines.slice(0, kept), ...closing, "", footer(lines.length - kept)].join("\n")
}

/** Returns a comment with its marker. `whole` names the place of the full text. */
export const comment = (marker: string, markdown: string, whole: string): string =>
  `${marker}\n${cut(markdown, commentLimit - marker.length - 1, characters, whole)}`

/** Returns the summary of a job. `whole` names the place of the full text. */
export const summary = (markdown: string, whole: string): string => cut(markdown, summaryLimit - 1024, bytes, whole)

/** Returns a hidden comment of Markdown. It escapes `>`, so no text can close the comment. */
export const hidden = (text: string): string => `<!-- ${text.replaceAll(">", "\\u003e")} -->`

const prefix = "checkpoint-permissions: "

/** Returns the lines of standard error, without the name of the command line before them. */
export const linesOf = (stderr: string): ReadonlyArray<string> =>
  stderr
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.startsWith(prefix) ? line.slice(prefix.length) : line))

/**
 * Returns the diagnostics of these files among the lines, with their positions. A command may precede them. Lines and
 * columns are from 1.
 */
export const annotations = (lines: ReadonlyArray<string>, files: ReadonlyArray<string>) =>
  lines.flatMap((given) => {
    const text = given.replace(/^(?:plan|apply|drift): /, "")
    const file = files.find((name) => text.startsWith(`${name}:`))
    const found = file === undefined ? null : /^:(\d+):(\d+): (.*)$/.exec(text.slice(file.length))
    const [, line, column, message] = found ?? []
    return file === undefined || message === undefined
      ? []
      : [{ file, line: Number(line), column: Number(column), message }]
  })
