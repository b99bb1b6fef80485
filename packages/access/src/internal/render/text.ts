import { graphemes } from "@checkpoint-permissions/protocol/text"
import stringWidth from "string-width"

/** Returns the number of columns of a text. */
export const width = (text: string): number => stringWidth(text)

/** Returns the number of columns to fill, at least 24. */
export const columnsOf = (available = Number.POSITIVE_INFINITY): number => Math.max(24, Math.floor(available))

/** Pads a text with spaces to a number of columns. A longer text is not changed. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

/** Returns rows with aligned cells, and their width in columns. A cell may contain color codes. */
export const aligned = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  gap = "  "
): { readonly lines: ReadonlyArray<string>; readonly width: number } => {
  const taken = rows.map((row) => row.map(width))
  const widths = (taken[0] ?? []).map((_, at) => taken.reduce((most, row) => Math.max(most, row[at] ?? 0), 0))
  const line = (row: ReadonlyArray<string>, index: number): string =>
    row
      .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - (taken[index]?.[at] ?? 0)))
      .join(gap)
      .trimEnd()
  return { lines: rows.map(line), width: widths.reduce((sum, one) => sum + one + gap.length, -gap.length) }
}

/**
 * Splits a text into lines of at most `columns` columns, cut where a line is full, as for an id. A wider grapheme has
 * its own line. There is at least one line, and the lines joined are the text.
 */
export const fold = (text: string, columns: number): ReadonlyArray<string> => {
  if (width(text) <= columns) return [text]
  const lines: Array<string> = []
  let line = ""
  let taken = 0
  for (const grapheme of graphemes(text)) {
    const next = width(grapheme)
    if (taken + next > columns && line !== "") {
      lines.push(line)
      line = ""
      taken = 0
    }
    line += grapheme
    taken += next
  }
  return [...lines, line]
}

/** Splits a text into lines of at most `columns` columns, at spaces where possible. Longer words are folded. */
export const wrap = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    const longer = `${last ?? ""} ${word}`
    if (last !== undefined && width(longer) <= columns) lines[lines.length - 1] = longer
    else lines.push(...fold(word, columns))
  }
  return lines
}

/** Returns lines of which only the first begins with the mark. */
export const hanging = (mark: string, text: string, columns: number): ReadonlyArray<string> =>
  wrap(text, Math.max(8, columns - 2)).map((line, index) => `${index === 0 ? mark : "|"} ${line}`)

/**
 * Returns a table under a head if it fits, otherwise lines for each row: its first cell, then each filled cell with its
 * title. A cell `-` is empty.
 */
export const fitted = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  columns: number
): ReadonlyArray<string> => {
  const { lines, width } = aligned([head, ...rows])
  if (rows.length === 0) return []
  if (width <= columns) return lines
  return rows.flatMap(([first = "", ...rest]) => [
    ...hanging("•", first, columns),
    ...rest.flatMap((cell, at) =>
      cell === "" || cell === "-" ? [] : hanging("|", `${head[at + 1]?.toLowerCase()}: ${cell}`, columns)
    )
  ])
}
