import { printable } from "@checkpoint-permissions/protocol/text"
import { summary as summaryOf } from "../audit/cells.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { day, paintedMark, type Style } from "./parts.ts"
import { type ReadTimes, readTimes } from "./readAt.ts"
import { fold, pad, padLeft, width } from "./text.ts"

interface Column {
  readonly title: string
  readonly width: number
  readonly of: (row: Row) => string
  readonly pad: (text: string, columns: number) => string
}

const projectsIn = (row: Row): string => {
  const { projects } = summaryOf(row)
  return row.complete ? `${projects}` : projects === 0 ? "unknown" : `${projects} or more`
}

const dateColumn = (title: "oldest" | "newest"): Column => ({
  title,
  width: 10,
  of: (row) => {
    const time = summaryOf(row)[title]
    return time === undefined ? "-" : day(time)
  },
  pad
})

/** What stands before each checkpoint, the most first: a narrow terminal has to do with less. */
const layouts = (matrix: AccessMatrix, read: ReadTimes | undefined): ReadonlyArray<ReadonlyArray<Column>> => {
  const digits = Math.max(width("projects"), ...matrix.rows.map((row) => width(projectsIn(row))))
  const projects = { title: "projects", width: digits, of: projectsIn, pad: padLeft }
  const times = read === undefined ? [] : [{ title: "read", width: read.width, of: read.of, pad }]
  const [oldest, newest] = [dateColumn("oldest"), dateColumn("newest")]
  return [[projects, oldest, newest, ...times], [projects, newest, ...times], [projects, ...times], [projects]]
}

const gap = "  "

const widthOf = (columns: ReadonlyArray<Column>): number =>
  columns.reduce((total, column) => total + column.width + gap.length, 0)

/** For each checkpoint how many projects have access, since when the first and the last of them. */
export const summary = (matrix: AccessMatrix, columns: number, style: Style): ReadonlyArray<string> => {
  const ids = matrix.rows.map((row) => printable(row.checkpoint))
  const widest = Math.max(width("checkpoint"), ...ids.map(width))
  const all = layouts(matrix, readTimes(matrix))
  const fits = (room: number) => all.find((layout) => 2 + widthOf(layout) <= room)
  const beside = fits(columns - widest)
  const chosen = beside ?? fits(columns + gap.length) ?? []
  const figures = (text: (column: Column) => string): string =>
    chosen.map((column) => column.pad(text(column), column.width)).join(gap)
  const head = `  ${figures(({ title }) => title)}`
  return [
    style.bold(beside === undefined ? head.trimEnd() : `${head}${gap}checkpoint`),
    ...matrix.rows.flatMap((row, index) => {
      const id = ids[index] ?? ""
      const all = figures((column) => column.of(row))
      const text = beside === undefined ? all.trimEnd() : all
      const shown = `${paintedMark(style, row)} ${row.complete ? text : style.unknown(text)}`
      return beside === undefined
        ? [shown, ...fold(id, columns - 4).map((part) => `  | ${part}`)]
        : [`${shown}${gap}${id}`]
    })
  ]
}
