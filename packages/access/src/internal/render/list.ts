import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import { accessIn, grantedBy } from "../audit/cells.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { day, labelled, painted, paintedMark, type Style } from "./parts.ts"
import { type ReadTimes, readTimes } from "./readAt.ts"
import { pad, width, wrap } from "./text.ts"

const indent = "    "

interface Entry {
  /** Of a fixed width: a date, `owner`, `none`, `nobody` or `unknown`. */
  readonly what: string
  readonly text: string
  readonly paint: (text: string) => string
}

const entriesOf = (matrix: AccessMatrix, row: Row, style: Style): ReadonlyArray<Entry> => {
  const { known, others } = accessIn(matrix, row)
  const asked = matrix.project === undefined ? undefined : labelled(matrix, matrix.project)
  const entries = known.map(({ cell, project }): Entry => {
    const paint = (text: string) => painted(style, cell, text)
    const text = labelled(matrix, project)
    if (cell._tag === "Owner") return { what: "owner", text, paint }
    const several = cell.permissions === 1 ? "" : `  (${pluralize(cell.permissions, "permission")})`
    const by = grantedBy(row, project)
    const who = by.length === 0 ? "" : `  by ${printable(by.join(", "))}`
    return { what: day(cell.since), text: `${text}${several}${who}`, paint }
  })
  if (others === undefined) return entries
  if (others._tag === "Unknown") {
    const who = asked ?? (entries.length === 0 ? "every project" : "every other project")
    return [...entries, { what: "unknown", text: `${who}: ${printable(others.reason)}`, paint: style.unknown }]
  }
  const lack = others._tag === "None" ? "no access" : "no permission"
  const [what, text] = asked === undefined ? ["nobody", `no project: ${lack}`] : ["none", `${asked}: ${lack}`]
  return [{ what, text, paint: style.faint }]
}

const readOf = (row: Row, read: ReadTimes | undefined): string => (read === undefined ? "" : `  read ${read.of(row)}`)

/** On one line, or if there is no room the facts on lines of their own. */
const titleOf = (id: string, facts: string, columns: number): ReadonlyArray<string> =>
  width(id + facts) <= columns ? [id + facts] : [...wrap(id, columns), ...wrap(facts.trim(), columns)]

const retiresOf = ({ retires }: Row): string => (retires === undefined ? "" : `  retires ${printable(retires)}`)

/** Every checkpoint with its projects. */
export const list = (matrix: AccessMatrix, columns: number, style: Style): ReadonlyArray<string> => {
  const read = readTimes(matrix)
  const room = Math.max(8, columns - indent.length - 12)
  return matrix.rows.flatMap((row) => [
    ...titleOf(printable(row.checkpoint), retiresOf(row) + readOf(row, read), columns - 2).map((part, at) =>
      at === 0 ? `${paintedMark(style, row)} ${part}` : `| ${part}`
    ),
    ...entriesOf(matrix, row, style).flatMap(({ paint, text, what }) =>
      wrap(text, room).map((part, at) =>
        at === 0 ? `${indent}${paint(pad(what, 10))}  ${part}` : `${indent}${pad("", 10)}| ${part}`
      )
    )
  ])
}
