import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import { cellOf, grantedBy, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"
import { footer, reasons } from "./footer.ts"
import { list } from "./list.ts"
import { day, hanging, labelled, painted, paintedMark, type Style, style, type TextOptions } from "./parts.ts"
import { readTimes } from "./readAt.ts"
import { aligned, columnsOf, pad } from "./text.ts"

/**
 * How a matrix is written as a table.
 *
 * @category rendering
 */
export interface TableOptions extends TextOptions {
  /**
   * `table`, checkpoints × projects; `list`, a line for every project of each checkpoint. Default: the table where it
   * fits, otherwise the list.
   */
  readonly form?: "table" | "list" | undefined
}

/** What is said of a whole row, before its cells. */
interface Fact {
  readonly title: string
  readonly of: (row: Row) => string
}

interface Layout {
  /** The lines at the head of each project's column. */
  readonly heads: ReadonlyArray<ReadonlyArray<string>>
  readonly gap: string
  readonly text: (cell: Cell, row: Row, project: ProjectId) => string
  readonly legend: ReadonlyArray<string>
}

/** When each row was read and when its model retires, where that has to be said. */
const factsOf = (matrix: AccessMatrix): ReadonlyArray<Fact> => {
  const read = readTimes(matrix)
  const facts: ReadonlyArray<Fact> = [
    { title: "read", of: (row) => read?.of(row) ?? "" },
    { title: "retires", of: ({ retires = "" }) => printable(retires) }
  ]
  return facts.filter(({ of }) => matrix.rows.some((row) => of(row) !== ""))
}

/** Cells with dates, and with who granted them. */
const dates = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>, withGranters: boolean): Layout => ({
  heads: ids.map((project) => {
    const name = nameOf(matrix, project)
    const id = pad(printable(project), 10)
    return name === undefined ? [id] : [id, printable(name)]
  }),
  gap: "  ",
  text: (cell, row, project) => {
    if (cell._tag !== "Access") {
      return ({ Owner: "owner", None: "none", NoPermission: "-", Unknown: "unknown" } as const)[cell._tag]
    }
    const by = withGranters ? grantedBy(row, project) : []
    return by.length === 0 ? day(cell.since) : `${day(cell.since)} by ${printable(by.join(", "))}`
  },
  legend: []
})

const marks = (matrix: AccessMatrix, ids: ReadonlyArray<ProjectId>, columns: number): Layout => ({
  heads: ids.map((_, index) => [String(index + 1)]),
  gap: " ",
  text: (cell) => ({ Access: "x", Owner: "o", None: ".", NoPermission: "-", Unknown: "?" })[cell._tag],
  legend: [
    ...hanging("=", "x access, o owner, . no access, - no permission, ? unknown", columns),
    ...ids.flatMap((project, index) =>
      hanging(`${index + 1}`, labelled(matrix, project), columns - String(ids.length).length)
    )
  ]
})

/** A matrix in a layout, and how wide that is. */
const laid = (
  matrix: AccessMatrix,
  ids: ReadonlyArray<ProjectId>,
  { gap, heads, legend, text }: Layout,
  style: Style
) => {
  const facts = factsOf(matrix)
  const height = Math.max(1, ...heads.map((head) => head.length))
  const { lines, width } = aligned(
    [
      ["  checkpoint", ...facts.map(({ title }) => title), ...heads.map(([first = ""]) => first)],
      ...Array.from({ length: height - 1 }, (_, at) => [
        "|",
        ...facts.map(() => ""),
        ...heads.map((head) => head[at + 1] ?? "")
      ]),
      ...matrix.rows.map((row) => [
        `${paintedMark(style, row)} ${printable(row.checkpoint)}`,
        ...facts.map(({ of }) => of(row)),
        ...ids.map((project) => {
          const cell = cellOf(matrix, row, project)
          return painted(style, cell, text(cell, row, project))
        })
      ])
    ],
    gap
  )
  return {
    width,
    lines: [
      ...lines.map((line, at) => (at < height ? style.bold(line) : line)),
      ...(legend.length === 0 ? [] : ["", ...legend])
    ]
  }
}

/** Who granted what stands in no cell of these layouts. */
const withoutGranters = (layout: Layout, columns: number): Layout => ({
  ...layout,
  legend: [...layout.legend, ...hanging("=", "who granted what is in the list", columns)]
})

/** Checkpoints × projects with as much as there is room for, and why something is unknown; nothing if it does not fit. */
const table = (matrix: AccessMatrix, columns: number, style: Style, isForced: boolean) => {
  const ids = projects(matrix)
  const isKnown = matrix.rows.some(({ permissions }) => permissions.some(({ by }) => by !== undefined))
  const others = [dates(matrix, ids, false), marks(matrix, ids, columns)]
  const layouts = isKnown
    ? [dates(matrix, ids, true), ...others.map((layout) => withoutGranters(layout, columns))]
    : others
  const tables = layouts.map((layout) => laid(matrix, ids, layout, style))
  const fitting = tables.find(({ width }) => width <= columns) ?? (isForced ? tables.at(-1) : undefined)
  return fitting && [...fitting.lines, "", ...reasons(matrix, style, columns)]
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
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
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
