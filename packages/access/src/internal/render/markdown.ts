/** Markdown in which untrusted text has no meaning. */
import { printable, singleLine } from "@checkpoint-permissions/protocol/text"

/** Returns untrusted text as a span of code on one line. */
export const codeSpan = (text: string): string => {
  const shown = printable(singleLine(text)).replaceAll("|", "\\|")
  if (shown === "") return ""
  const fence = "`".repeat(Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length)) + 1)
  const space = fence.length > 1 ? " " : ""
  return `${fence}${space}${shown}${space}${fence}`
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/**
 * Returns a table, or nothing if there are no rows. It has at most `most` rows (default 200). Further rows are left out
 * and counted.
 */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  most = 200
): ReadonlyArray<string> =>
  rows.length === 0
    ? []
    : [
        line(head),
        line(head.map(() => "---")),
        ...rows.slice(0, most).map((cells) => line(cells.map(codeSpan))),
        ...(rows.length > most ? ["", `and ${rows.length - most} more.`] : []),
        ""
      ]
