/** Text in the columns of a terminal. */
import { graphemes } from "@checkpoint-permissions/protocol/text"
import stringWidth from "string-width"

export const width = (printable: string): number => stringWidth(printable)

/** Pads a text with spaces to a number of columns. A longer text is not changed. */
export const pad = (printable: string, columns: number): string =>
  printable + " ".repeat(Math.max(0, columns - width(printable)))

/** Cuts a text between graphemes to at most `columns` columns. A cut text ends in `…`. */
export const truncate = (printable: string, columns: number): string => {
  if (width(printable) <= columns) return printable
  let cut = ""
  for (const grapheme of graphemes(printable)) {
    if (width(cut + grapheme) >= columns) break
    cut += grapheme
  }
  return columns < 1 ? "" : `${cut}…`
}
