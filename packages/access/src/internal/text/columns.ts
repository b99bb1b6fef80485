/** Parts of text for people: colors, times, names, sentences, and layout in columns. */
import { graphemes, printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Record from "effect/Record"
import stringWidth from "string-width"
import { nameOf } from "../audit/cells.ts"
import type { AccessMatrix } from "../audit/matrix.ts"

/**
 * Options of text for a terminal.
 *
 * @category rendering
 */
export interface TextOptions {
  /** The number of columns, at least 24. Default: no limit, which suits a pipe or a file. */
  readonly width?: number | undefined
  /** True for colors. Words and marks always carry the same information. Default: false. */
  readonly color?: boolean | undefined
}

const codes = {
  access: ["32", "39"],
  revoked: ["31", "39"],
  owner: ["36", "39"],
  unknown: ["1;33", "22;39"],
  faint: ["2", "22"],
  bold: ["1", "22"]
} as const

/** Returns the color functions. Without `color` they change nothing. */
export const style = (color = false) =>
  Record.map(
    codes,
    ([on, off]) =>
      (text: string) =>
        color ? `\u001b[${on}m${text}\u001b[${off}m` : text
  )

export type Style = ReturnType<typeof style>

export const day = (time: DateTime.Utc): string => DateTime.formatIsoDateUtc(time)

/** Returns a time as `2024-07-23 20:01`, in UTC. */
export const minute = (time: DateTime.Utc): string => DateTime.formatIso(time).slice(0, 16).replace("T", " ")

/** Returns a time as `2024-07-23T20:01:07Z`. */
export const second = (time: DateTime.Utc): string => DateTime.formatIso(time).replace(/\.\d+Z$/, "Z")

/** Returns the id of a project, with its name if it has one. */
export const labelled = (matrix: Pick<AccessMatrix, "names">, project: string): string => {
  const name = nameOf(matrix, project)
  return name === undefined ? printableId(project) : `${printableId(project)}  ${printable(name)}`
}

/** Returns texts as sentences: each with a capital letter and a period. Leaves out `false`. */
export const sentences = (texts: ReadonlyArray<string | false>): ReadonlyArray<string> =>
  texts.flatMap((text) => (text === false ? [] : [`${text[0]?.toUpperCase()}${text.slice(1)}.`]))

export const joinLines = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

export const width = (text: string): number => stringWidth(text)

/** Returns the number of columns to fill, at least 24. */
export const columnsOf = (available = Number.POSITIVE_INFINITY): number => Math.max(24, Math.floor(available))

/** Pads a text with spaces to a number of columns. A longer text is not changed. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

/** Returns rows with aligned cells, and their width in columns. A cell may contain color codes. */
export const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>) => {
  const widths = (rows[0] ?? []).map((_, at) => rows.reduce((most, row) => Math.max(most, width(row[at] ?? "")), 0))
  const line = (row: ReadonlyArray<string>) => row.map((cell, at) => pad(cell, widths[at] ?? 0)).join("  ")
  return { lines: rows.map((row) => line(row).trimEnd()), width: widths.reduce((sum, one) => sum + one + 2, -2) }
}

/**
 * Splits a text into lines of at most `columns` columns, and breaks words, for example for an id. A grapheme that is
 * wider than `columns` has a line of its own. Returns at least one line. The joined lines equal the text.
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

/**
 * Splits a text into lines of at most `columns` columns, at spaces where possible. Words that are longer than a line
 * are split too.
 */
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

/** Returns wrapped lines. The first begins with the mark, and the others with spaces. */
export const hanging = (mark: string, text: string, columns: number): ReadonlyArray<string> =>
  wrap(text, Math.max(8, columns - 2)).map((line, index) => `${index === 0 ? mark : "|"} ${line}`)

/**
 * Returns a table with a header if it fits. Otherwise returns lines for each row: its first cell, then each filled cell
 * with its title. A cell `-` is empty.
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
