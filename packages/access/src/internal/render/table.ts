import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import { cellOf, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Cell } from "../audit/matrix.ts"
import { footer, reasons } from "./footer.ts"
import { list } from "./list.ts"
import { day, hanging, labelled, painted, paintedMark, type Style, style } from "./parts.ts"
import { type ReadTimes, readTimes } from "./readAt.ts"
import { summary } from "./summary.ts"
import { columnsOf, pad, width } from "./text.ts"

/**
 * How a matrix is written as a table.
 *
 * @category rendering
 */
export interface TableOptions {
  /** The columns there are. Default: no limit, as for a pipe or a file. Fewer than 24 are taken for 24. */
  readonly width?: number | undefined
  /** Colours, beside the words and marks that say the same. Default: false. */
  readonly color?: boolean | undefined
  /**
   * `table`, checkpoints × projects; `summary`, a few words for each checkpoint; `list`, a line for every project of
   * each checkpoint. Default: the table where it fits, otherwise the summary.
   */
  readonly form?: "table" | "summary" | "list" | undefined
}

interface Column {
  readonly project: ProjectId
  readonly head: ReadonlyArray<string>
  readonly width: number
}

interface Layout {
  readonly columns: ReadonlyArray<Column>
  readonly gap: string
  /** When each row was read, where it has to be said. */
  readonly read: ReadTimes | undefined
  readonly text: (cell: Cell) => string
  readonly legend: ReadonlyArray<string>
}

const widest = (texts: ReadonlyArray<string>): number => Math.max(0, ...texts.map(width))

const dates = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>, read: ReadTimes | undefined): Layout => ({
  columns: ids.map((project) => {
    const name = nameOf(matrix, project)
    const head = name === undefined ? [printable(project)] : [printable(project), printable(name)]
    return { project, head, width: Math.max(10, widest(head)) }
  }),
  gap: "  ",
  read,
  text: (cell) =>
    cell._tag === "Access"
      ? day(cell.since)
      : ({ Owner: "owner", None: "none", NoPermission: "-", Unknown: "unknown" } as const)[cell._tag],
  legend: []
})

const marks = (
  matrix: AccessMatrix,
  ids: ReadonlyArray<ProjectId>,
  read: ReadTimes | undefined,
  columns: number
): Layout => {
  const digits = String(ids.length).length
  return {
    columns: ids.map((project, index) => ({ project, head: [String(index + 1)], width: digits })),
    gap: " ",
    read,
    text: (cell) => ({ Access: "x", Owner: "o", None: ".", NoPermission: "-", Unknown: "?" })[cell._tag],
    legend: [
      ...hanging("=", "x access, o owner, . no access, - no permission, ? unknown", columns),
      ...ids.flatMap((project, index) => hanging(`${index + 1}`, labelled(matrix, project), columns - digits))
    ]
  }
}

const laid = (
  matrix: AccessMatrix,
  { columns, gap, legend, read, text }: Layout,
  style: Style
): ReadonlyArray<string> => {
  const ids = matrix.rows.map((row) => printable(row.checkpoint))
  const first = Math.max(widest(ids), width("checkpoint"))
  const line = (mark: string, id: string, time: string, cells: ReadonlyArray<string>): string => {
    const times = read === undefined ? [] : [pad(time, read.width)]
    return [`${mark} ${pad(id, first)}`, ...times, ...cells].join(gap).trimEnd()
  }
  const height = Math.max(1, ...columns.map(({ head }) => head.length))
  const heads = Array.from({ length: height }, (_, at) =>
    line(
      at === 0 ? " " : "|",
      at === 0 ? "checkpoint" : "",
      at === 0 ? "read" : "",
      columns.map((column) => pad(column.head[at] ?? "", column.width))
    )
  )
  const rows = matrix.rows.map((row, index) =>
    line(
      paintedMark(style, row),
      ids[index] ?? "",
      read?.of(row) ?? "",
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

const widthOf = (matrix: AccessMatrix, { columns, gap, read }: Layout): number =>
  2 +
  Math.max(width("checkpoint"), widest(matrix.rows.map((row) => printable(row.checkpoint)))) +
  (read === undefined ? 0 : gap.length + read.width) +
  columns.reduce((total, column) => total + gap.length + column.width, 0)

const body = (
  matrix: AccessMatrix,
  form: TableOptions["form"],
  columns: number,
  style: Style
): ReadonlyArray<string> => {
  if (form === "list") return list(matrix, columns, style)
  if (form === "summary") return summary(matrix, columns, style)
  const ids = projects(matrix)
  const read = readTimes(matrix)
  const detailed = dates(matrix, ids, read)
  if (widthOf(matrix, detailed) <= columns) return laid(matrix, detailed, style)
  const dense = marks(matrix, ids, read, columns)
  if (form === "table" || widthOf(matrix, dense) <= columns) return laid(matrix, dense, style)
  return summary(matrix, columns, style)
}

/**
 * The matrix for a terminal or a log, in lines that are not longer than `width`, unless a `table` is asked for that
 * does not fit. Without a `width`, table and summary have one line for each checkpoint. When checkpoints were not all
 * read within a minute, each has the time of its reading, in UTC. No id is cut, and nothing in it acts on a terminal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * assert.match(AccessMatrix.toTable(matrix, { width: 100 }), /proj_search/)
 * ```
 *
 * @category rendering
 */
export const toTable = (matrix: AccessMatrix, { color, form, width }: TableOptions = {}): string => {
  const styled = style(color)
  const columns = columnsOf(width)
  const lines = [
    ...(matrix.rows.length === 0 ? [] : [...body(matrix, form, columns, styled), ""]),
    // The list gives the reasons where they belong.
    ...(form === "list" ? [] : reasons(matrix, styled, columns)),
    ...footer(matrix, columns)
  ]
  return lines.map((line) => `${line}\n`).join("")
}
