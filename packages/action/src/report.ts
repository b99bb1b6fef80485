/** Texts for people on GitHub, as pure functions: comments, summaries and annotations within the limits of GitHub. */
import { fenced } from "@checkpoint-permissions/protocol/text"

/** The maximum length of a comment or an issue. GitHub counts characters, of which a text has no more than bytes. */
export const commentLimit = 65_536

/** The maximum length of a step's summary, in bytes. */
export const summaryLimit = 1024 * 1024

const fenceOf = (line: string): string | undefined => /^`{3,}/.exec(line)?.[0]

const sizeOf = (text: string): number => Buffer.byteLength(text)

/**
 * Cuts Markdown to a size in bytes, after a line. Closes its code block, and adds the number of missing lines. `whole`
 * names the place of the full text.
 */
const cut = (markdown: string, limit: number, whole: string): string => {
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
  `${marker}\n${cut(markdown, commentLimit - sizeOf(marker) - 1, whole)}`

/** Returns the summary of a job. */
export const summary = (markdown: string): string => cut(markdown, summaryLimit - 1024, "the log")

/** Returns a hidden comment of Markdown. It escapes `>`, so no text can close the comment. */
export const hidden = (text: string): string => `<!-- ${text.replaceAll(">", "\\u003e")} -->`

/** Returns the output of a program as a Markdown block in which markup has no effect. */
export const shown = (title: string, output: string): string =>
  [`### ${title}`, "", fenced(output === "" ? "no output" : output.trimEnd(), "text"), ""].join("\n")

/**
 * Returns the diagnostics of these files in the text of standard error, with their positions. The command line and a
 * command may precede them. Lines and columns are from 1.
 */
export const annotations = (stderr: string, files: ReadonlyArray<string>) =>
  stderr.split("\n").flatMap((line) => {
    const text = line.replace(/^(?:checkpoint-permissions: )?(?:(?:plan|apply|drift): )?/, "")
    const file = files.find((name) => text.startsWith(`${name}:`))
    const [, startLine, startColumn, message] = /^:(\d+):(\d+): (.*)$/.exec(text.slice(file?.length)) ?? []
    return file === undefined || message === undefined
      ? []
      : [{ message, file, startLine: Number(startLine), startColumn: Number(startColumn) }]
  })
