/** Rows of CSV, rows of cells separated by tabs, and tables of Markdown in which untrusted text has no meaning. */
import { printable, singleLine, visible } from "@checkpoint-permissions/protocol/text"

/** The beginning of a formula in a spreadsheet, including the full-width forms of East Asia. */
const formula = /^['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/

const afterSemicolon = /;(?=['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/**
 * Returns a cell that every spreadsheet reads as text. Puts an apostrophe before a formula or an apostrophe, so an
 * import can remove exactly one.
 */
const neutral = (text: string): string => {
  const shown = visible(text).replace(afterSemicolon, "\\u003b")
  return formula.test(shown) || shown.startsWith("'") ? `'${shown}` : shown
}

/** Quotes a cell by RFC 4180. Also quotes leading and trailing white space, which some programs would remove. */
const quoted = (text: string): string => (/[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The columns of rows: the title of each, and its cell in a row. An undefined cell is empty. */
export type Columns<A> = ReadonlyArray<readonly [title: string, of: (row: A) => string | undefined]>

export const cellsOf = <A>(columns: Columns<A>, row: A): ReadonlyArray<string> => columns.map(([, of]) => of(row) ?? "")

const csvLine = (cells: ReadonlyArray<string>): string => `${cells.map((cell) => quoted(neutral(cell))).join(",")}\r\n`

/** Returns rows as CSV, without a header. */
export const csvLines = <A>(columns: Columns<A>, rows: ReadonlyArray<A>): string =>
  rows.map((row) => csvLine(cellsOf(columns, row))).join("")

export const csv = <A>(columns: Columns<A>, rows: ReadonlyArray<A>): string =>
  csvLine(columns.map(([title]) => title)) + csvLines(columns, rows)

/** Returns rows as lines of cells separated by tabs, without a header. */
export const tabbed = <A>(columns: Columns<A>, rows: ReadonlyArray<A>): string =>
  rows.map((row) => `${cellsOf(columns, row).map(visible).join("\t")}\n`).join("")

/** Returns untrusted text as a span of code on one line. */
export const codeSpan = (text: string): string => {
  const shown = printable(singleLine(text)).replaceAll("|", "\\|")
  if (shown === "") return ""
  const fence = "`".repeat(Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length)) + 1)
  const space = fence.length > 1 ? " " : ""
  return `${fence}${space}${shown}${space}${fence}`
}

const tableLine = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

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
        tableLine(head),
        tableLine(head.map(() => "---")),
        ...rows.slice(0, most).map((cells) => tableLine(cells.map(codeSpan))),
        ...(rows.length > most ? ["", `and ${rows.length - most} more.`] : []),
        ""
      ]
