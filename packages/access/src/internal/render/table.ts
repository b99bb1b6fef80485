import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import { cellOf, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Cell } from "../audit/matrix.ts"
import { list } from "./list.ts"
import { day, footer, hanging, labelled, painted, paintedMark, reasons, type Style, style } from "./parts.ts"
import { summary } from "./summary.ts"
import { pad, width } from "./text.ts"

export interface Settings {
  readonly width: number
  readonly color: boolean
  readonly form: "table" | "summary" | "list" | undefined
}

interface Column {
  readonly project: ProjectId
  /** What stands above it, a line each. */
  readonly head: ReadonlyArray<string>
  readonly width: number
}

interface Layout {
  readonly columns: ReadonlyArray<Column>
  readonly gap: string
  readonly text: (cell: Cell) => string
  /** What explains the table, below it. */
  readonly legend: ReadonlyArray<string>
}

const widest = (texts: ReadonlyArray<string>): number => Math.max(0, ...texts.map(width))

const dates = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>): Layout => ({
  columns: ids.map((project) => {
    const name = nameOf(matrix, project)
    const head = name === undefined ? [printable(project)] : [printable(project), printable(name)]
    return { project, head, width: Math.max(10, widest(head)) }
  }),
  gap: "  ",
  text: (cell) => {
    switch (cell._tag) {
      case "Access":
        return day(cell.since)
      case "Owner":
        return "owner"
      case "None":
        return "-"
      case "Unknown":
        return "unknown"
    }
  },
  legend: []
})

const marks = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>, columns: number): Layout => {
  const digits = String(ids.length).length
  return {
    columns: ids.map((project, index) => ({ project, head: [String(index + 1)], width: digits })),
    gap: " ",
    text: (cell) => ({ Access: "x", Owner: "o", None: ".", Unknown: "?" })[cell._tag],
    legend: [
      ...hanging("=", "x access, o owner, . no access, ? unknown", columns),
      ...ids.flatMap((project, index) => hanging(`${index + 1}`, labelled(matrix, project), columns - digits))
    ]
  }
}

const laid = (matrix: AccessMatrix, { columns, gap, legend, text }: Layout, style: Style): ReadonlyArray<string> => {
  const ids = matrix.rows.map((row) => printable(row.checkpoint))
  const first = Math.max(widest(ids), width("checkpoint"))
  const line = (mark: string, id: string, cells: ReadonlyArray<string>): string =>
    `${[`${mark} ${pad(id, first)}`, ...cells].join(gap)}`.trimEnd()
  const height = Math.max(1, ...columns.map(({ head }) => head.length))
  const heads = Array.from({ length: height }, (_, at) =>
    line(
      at === 0 ? " " : "|",
      at === 0 ? "checkpoint" : "",
      columns.map((column) => pad(column.head[at] ?? "", column.width))
    )
  )
  const rows = matrix.rows.map((row, index) =>
    line(
      paintedMark(style, row),
      ids[index] ?? "",
      columns.map((column, at) => {
        const cell = cellOf(matrix, row, column.project)
        const shown = text(cell)
        // No line ends with white space, in colour or not.
        return painted(style, cell, at === columns.length - 1 ? shown : pad(shown, column.width))
      })
    )
  )
  return [...heads.map(style.bold), ...rows, ...(legend.length === 0 ? [] : ["", ...legend])]
}

const widthOf = (matrix: AccessMatrix, { columns, gap }: Layout): number =>
  2 +
  Math.max(width("checkpoint"), widest(matrix.rows.map((row) => printable(row.checkpoint)))) +
  columns.reduce((total, column) => total + gap.length + column.width, 0)

const body = (matrix: AccessMatrix, settings: Settings, style: Style): ReadonlyArray<string> => {
  if (settings.form === "list") return list(matrix, settings.width, style)
  if (settings.form === "summary") return summary(matrix, settings.width, style)
  const ids = projects(matrix)
  const detailed = dates(matrix, ids)
  if (widthOf(matrix, detailed) <= settings.width) return laid(matrix, detailed, style)
  const dense = marks(matrix, ids, settings.width)
  if (settings.form === "table" || widthOf(matrix, dense) <= settings.width) return laid(matrix, dense, style)
  return summary(matrix, settings.width, style)
}

export const render = (matrix: AccessMatrix, settings: Settings): string => {
  const styled = style(settings.color)
  const lines = [
    ...(matrix.rows.length === 0 ? [] : [...body(matrix, settings, styled), ""]),
    // The list gives the reasons where they belong.
    ...(settings.form === "list" ? [] : reasons(matrix, styled, settings.width)),
    ...footer(matrix, settings.width)
  ]
  return lines.map((line) => `${line}\n`).join("")
}
