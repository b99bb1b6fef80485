/** Lines of CSV, and lines of cells separated by tabs. */
import { visible } from "@checkpoint-permissions/protocol/text"

/** The beginning of a formula in a spreadsheet, including the full-width forms of East Asia. */
const formula = /^['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/

/** A semicolon before a formula, for readers that separate cells by semicolons. */
const afterSemicolon = /;(?=['"\s]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/**
 * Returns a cell that every spreadsheet reads as text. Puts an apostrophe before a formula, and before an apostrophe,
 * so that an import can remove exactly one.
 */
const neutral = (text: string): string => {
  const shown = visible(text).replace(afterSemicolon, "\\u003b")
  return formula.test(shown) || shown.startsWith("'") ? `'${shown}` : shown
}

/** Quotes a cell by RFC 4180. Leading and trailing white space is quoted too, since some readers trim. */
const quoted = (text: string): string => (/[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Returns a line of CSV. */
export const line = (cells: ReadonlyArray<string>): string =>
  `${cells.map((cell) => quoted(neutral(cell))).join(",")}\r\n`

/** Returns a line of cells separated by tabs. */
export const tabbed = (cells: ReadonlyArray<string>): string => `${cells.map(visible).join("\t")}\n`
