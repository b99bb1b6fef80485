import { counted, printable } from "@checkpoint-permissions/protocol/text"
import { cellOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { day, labelled, painted, paintedMark, type Style } from "./parts.ts"
import { readTimes } from "./readAt.ts"
import { pad, wrap } from "./text.ts"

const indent = "    "

interface Entry {
  /** Of a fixed width: a date, `owner`, `no access` or `unknown`. */
  readonly what: string
  readonly text: string
  readonly paint: (text: string) => string
}

const entriesOf = (
  matrix: AccessMatrix,
  columns: ReadonlyArray<string>,
  row: Row,
  style: Style
): ReadonlyArray<Entry> => {
  const entries = columns.flatMap((project): ReadonlyArray<Entry> => {
    const cell = cellOf(matrix, row, project)
    const paint = (text: string) => painted(style, cell, text)
    const text = labelled(matrix, project)
    switch (cell._tag) {
      case "Access": {
        const several = cell.permissions === 1 ? "" : `  (${counted(cell.permissions, "permission")})`
        return [{ what: day(cell.since), text: `${text}${several}`, paint }]
      }
      case "Owner":
        return [{ what: "owner", text, paint }]
      case "None":
        return matrix.project === undefined ? [] : [{ what: "no access", text, paint }]
      case "Unknown":
        return []
    }
  })
  if (!row.complete) {
    const who =
      matrix.project === undefined
        ? entries.length === 0
          ? "every project"
          : "every other project"
        : labelled(matrix, matrix.project)
    const reason = { what: "unknown", text: `${who}: ${printable(row.reason)}`, paint: style.unknown }
    return entries.length > 0 && matrix.project !== undefined ? entries : [...entries, reason]
  }
  if (entries.length > 0) return entries
  return [{ what: "nobody", text: "no project has access", paint: style.faint }]
}

/** Every checkpoint with its projects. */
export const list = (matrix: AccessMatrix, columns: number, style: Style): ReadonlyArray<string> => {
  const known = projects(matrix)
  const read = readTimes(matrix)
  const room = Math.max(8, columns - indent.length - 12)
  return matrix.rows.flatMap((row) => [
    ...wrap(
      read === undefined ? printable(row.checkpoint) : `${printable(row.checkpoint)}  read ${read.of(row)}`,
      columns - 2
    ).map((part, at) => (at === 0 ? `${paintedMark(style, row)} ${part}` : `| ${part}`)),
    ...entriesOf(matrix, known, row, style).flatMap(({ paint, text, what }) =>
      wrap(text, room).map((part, at) =>
        at === 0 ? `${indent}${paint(pad(what, 10))}  ${part}` : `${indent}${pad("", 10)}| ${part}`
      )
    )
  ])
}
