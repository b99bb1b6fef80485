import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import { cellOf, grantedBy, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"
import { noEventUntil } from "../history/sentences.ts"
import { footer, reasons } from "./footer.ts"
import { list } from "./list.ts"
import { day, hanging, labelled, minute, painted, paintedMark, type Style, style } from "./parts.ts"
import { readTimes } from "./readAt.ts"
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
   * `table`, checkpoints × projects; `list`, a line for every project of each checkpoint. Default: the table where it
   * fits, otherwise the list.
   */
  readonly form?: "table" | "list" | undefined
}

interface Column {
  readonly project: ProjectId
  readonly head: ReadonlyArray<string>
  readonly width: number
}

/** What is said of a whole row, before its cells. */
interface Fact {
  readonly title: string
  readonly width: number
  readonly of: (row: Row) => string
}

interface Layout {
  readonly columns: ReadonlyArray<Column>
  readonly gap: string
  readonly text: (cell: Cell, row: Row, project: ProjectId) => string
  readonly legend: ReadonlyArray<string>
}

const widest = (texts: ReadonlyArray<string>): number => Math.max(0, ...texts.map(width))

/** When each row was read and when its model retires, where that has to be said. */
const factsOf = (matrix: AccessMatrix): ReadonlyArray<Fact> => {
  const read = readTimes(matrix)
  const fact = (title: string, of: (row: Row) => string): ReadonlyArray<Fact> => {
    const texts = matrix.rows.map(of)
    return texts.every((text) => text === "") ? [] : [{ title, width: Math.max(width(title), widest(texts)), of }]
  }
  return [
    ...fact("read", (row) => read?.of(row) ?? ""),
    ...fact("no event until", (row) => {
      const until = noEventUntil(matrix, row)
      return until === undefined ? "" : minute(until)
    }),
    ...fact("retires", ({ retires = "" }) => printable(retires))
  ]
}

/** Cells with dates, and with who granted them. */
const dates = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>, withGranters: boolean): Layout => {
  const text: Layout["text"] = (cell, row, project) => {
    if (cell._tag !== "Access") {
      return ({ Owner: "owner", None: "none", NoPermission: "-", Unknown: "unknown" } as const)[cell._tag]
    }
    const by = withGranters ? grantedBy(row, project) : []
    return by.length === 0 ? day(cell.since) : `${day(cell.since)} by ${printable(by.join(", "))}`
  }
  return {
    columns: ids.map((project) => {
      const name = nameOf(matrix, project)
      const head = name === undefined ? [printable(project)] : [printable(project), printable(name)]
      const cells = withGranters ? matrix.rows.map((row) => text(cellOf(matrix, row, project), row, project)) : []
      return { project, head, width: Math.max(10, widest(head), widest(cells)) }
    }),
    gap: "  ",
    text,
    legend: []
  }
}

const marks = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>, columns: number): Layout => {
  const digits = String(ids.length).length
  return {
    columns: ids.map((project, index) => ({ project, head: [String(index + 1)], width: digits })),
    gap: " ",
    text: (cell) => ({ Access: "x", Owner: "o", None: ".", NoPermission: "-", Unknown: "?" })[cell._tag],
    legend: [
      ...hanging("=", "x access, o owner, . no access, - no permission, ? unknown", columns),
      ...ids.flatMap((project, index) => hanging(`${index + 1}`, labelled(matrix, project), columns - digits))
    ]
  }
}

const laid = (
  matrix: AccessMatrix,
  facts: ReadonlyArray<Fact>,
  { columns, gap, legend, text }: Layout,
  style: Style
): ReadonlyArray<string> => {
  const ids = matrix.rows.map((row) => printable(row.checkpoint))
  const first = Math.max(widest(ids), width("checkpoint"))
  const line = (mark: string, id: string, said: (fact: Fact) => string, cells: ReadonlyArray<string>): string =>
    [`${mark} ${pad(id, first)}`, ...facts.map((fact) => pad(said(fact), fact.width)), ...cells].join(gap).trimEnd()
  const height = Math.max(1, ...columns.map(({ head }) => head.length))
  const heads = Array.from({ length: height }, (_, at) =>
    line(
      at === 0 ? " " : "|",
      at === 0 ? "checkpoint" : "",
      ({ title }) => (at === 0 ? title : ""),
      columns.map((column) => pad(column.head[at] ?? "", column.width))
    )
  )
  const rows = matrix.rows.map((row, index) =>
    line(
      paintedMark(style, row),
      ids[index] ?? "",
      ({ of }) => of(row),
      columns.map(({ project, width }, at) => {
        const cell = cellOf(matrix, row, project)
        const shown = text(cell, row, project)
        // No line ends with white space, in colour or not.
        return painted(style, cell, at === columns.length - 1 ? shown : pad(shown, width))
      })
    )
  )
  return [...heads.map(style.bold), ...rows, ...(legend.length === 0 ? [] : ["", ...legend])]
}

const widthOf = (matrix: AccessMatrix, facts: ReadonlyArray<Fact>, { columns, gap }: Layout): number =>
  2 +
  Math.max(width("checkpoint"), widest(matrix.rows.map((row) => printable(row.checkpoint)))) +
  [...facts, ...columns].reduce((total, column) => total + gap.length + column.width, 0)

/** Who granted what stands in no cell of these layouts. */
const withoutGranters = (layout: Layout, columns: number): Layout => ({
  ...layout,
  legend: [...layout.legend, ...hanging("=", "who granted what is in the list", columns)]
})

/** Checkpoints × projects with as much as there is room for, and why something is unknown; nothing if it does not fit. */
const table = (matrix: AccessMatrix, columns: number, style: Style, isForced: boolean) => {
  const ids = projects(matrix)
  const facts = factsOf(matrix)
  const isKnown = matrix.rows.some(({ permissions }) => permissions.some(({ by }) => by !== undefined))
  const others = [dates(matrix, ids, false), marks(matrix, ids, columns)]
  const layouts = isKnown
    ? [dates(matrix, ids, true), ...others.map((layout) => withoutGranters(layout, columns))]
    : others
  const fitting = layouts.find((layout) => widthOf(matrix, facts, layout) <= columns)
  const layout = fitting ?? (isForced ? layouts.at(-1) : undefined)
  return layout && [...laid(matrix, facts, layout, style), "", ...reasons(matrix, style, columns)]
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
  const laid = form === "list" ? undefined : table(matrix, columns, styled, form === "table")
  // The list gives the reasons where they belong.
  const body = laid ?? [...list(matrix, columns, styled), ""]
  const lines = [...(matrix.rows.length === 0 ? [] : body), ...footer(matrix, columns)]
  return lines.map((line) => `${line}\n`).join("")
}
