/** Texts for people on GitHub, as pure functions: comments and summaries within the limits of GitHub. */
import { fenced } from "@checkpoint-permissions/protocol/text"

/** The maximum length of a comment or an issue. GitHub counts characters, of which a text has no more than bytes. */
export const commentLimit = 65_536

/** The maximum length of a step's summary, in bytes. */
export const summaryLimit = 1024 * 1024

const sizeOf = (text: string): number => Buffer.byteLength(text)

/**
 * Cuts Markdown to a size in bytes, after a line. Closes its code block, and adds the number of missing lines. `whole`
 * names the place of the full text.
 */
const cut = (markdown: string, limit: number, whole: string): string => {
  if (sizeOf(markdown) <= limit) return markdown
  const fences = /^`{3,}/gm
  const longest = Math.max(0, ...[...markdown.matchAll(fences)].map(([fence]) => fence.length))
  const footer = (left: number) => `${left} more lines are in ${whole}.`
  const room = limit - sizeOf(footer(markdown.length)) - longest - 3
  const text = Buffer.from(markdown).subarray(0, room).toString()
  const kept = text.slice(0, Math.max(0, text.lastIndexOf("\n")))
  let open = ""
  for (const [fence] of kept.matchAll(fences)) if (open === "" || open === fence) open = open === "" ? fence : ""
  return [kept, open, "", footer(markdown.slice(kept.length + 1).split("\n").length)].join("\n")
}

/** Returns a comment with its marker. `whole` names the place of the full text. */
export const comment = (marker: string, markdown: string, whole: string): string =>
  `${marker}\n${cut(markdown, commentLimit - sizeOf(marker) - 1, whole)}`

export const summary = (markdown: string): string => cut(markdown, summaryLimit - 1024, "the log")

/** Returns a hidden comment of Markdown. It escapes `>`, so no text can close the comment. */
export const hidden = (text: string): string => `<!-- ${text.replaceAll(">", "\\u003e")} -->`

/** Returns the output of a program as a Markdown block in which markup has no effect. */
export const shown = (title: string, output: string): string =>
  [`### ${title}`, "", fenced(output === "" ? "no output" : output.trimEnd(), "text"), ""].join("\n")

/** Returns the Markdown of a program, or its errors under a title if it printed none. */
export const ofProgram = (title: string, { stderr, stdout }: Readonly<Record<"stderr" | "stdout", string>>): string =>
  stdout === "" ? shown(title, stderr) : stdout
