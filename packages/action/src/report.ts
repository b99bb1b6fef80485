/** What people read of a run on GitHub, as pure functions: it fits where it is put, and its worst comes first. */

/** GitHub takes no longer text as a comment or an issue. Characters. */
export const commentLimit = 65_536

/** GitHub shows no more of one step's summary. Bytes. */
export const summaryLimit = 1024 * 1024

/** GitHub shows no more annotations of one kind for a step. */
export const annotationLimit = 10

const fenceOf = (line: string): string | undefined => /^`{3,}/.exec(line)?.[0]

const bytes = (text: string): number => Buffer.byteLength(text)

/** The characters of a text, as GitHub counts them at worst. */
const characters = (text: string): number => text.length

const cut = (
  markdown: string,
  limit: number,
  sizeOf: (text: string) => number,
  footer: (left: number) => string
): string => {
  if (sizeOf(markdown) <= limit) return markdown
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

/** A comment or the text of an issue. `marker` finds it again. */
export const comment = (marker: string, markdown: string, whole: string): string =>
  `${marker}\n${cut(markdown, commentLimit - marker.length - 1, characters, (left) => `${left} more lines are in ${whole}.`)}`

/** The summary of a job. `whole` says where all of it is. */
export const summary = (markdown: string, whole: string): string =>
  cut(markdown, summaryLimit - 1024, bytes, (left) => `${left} more lines are in ${whole}.`)

/** The comment that makes one of ours known again. */
export const markerOf = (subject: string): string => `<!-- checkpoint-permissions: ${subject} -->`

/** A place in a file that something is wrong with. Lines and columns from 1. */
export interface Annotation {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

const prefix = "checkpoint-permissions: "

/** What the command line printed on standard error, without its own name before each line. */
export const told = (stderr: string): ReadonlyArray<string> =>
  stderr
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (line.startsWith(prefix) ? line.slice(prefix.length) : line))

/** The mistakes of these files among what the command line printed. */
export const annotations = (lines: ReadonlyArray<string>, files: ReadonlyArray<string>): ReadonlyArray<Annotation> =>
  lines.flatMap((text) => {
    const file = files.find((name) => text.startsWith(`${name}:`))
    const found = file === undefined ? null : /^:(\d+):(\d+): (.*)$/.exec(text.slice(file.length))
    const [, line, column, message] = found ?? []
    return file === undefined || message === undefined
      ? []
      : [{ file, line: Number(line), column: Number(column), message }]
  })
