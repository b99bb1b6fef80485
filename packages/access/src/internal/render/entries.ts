/** The content of an audit as rows: a row for each project at a checkpoint. */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import { cellOf } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"

/** Which entries are shown. */
export interface EntryOptions {
  /** True for projects without access too. Default: false. What could not be read is always shown. */
  readonly all?: boolean | undefined
}

/** An access, its absence, or what is unknown. */
export interface Entry {
  readonly row: Row
  /** Missing if the entry is about every project that has none of its own. */
  readonly project: ProjectId | undefined
  readonly cell: Cell
}

/** Returns the entries of a checkpoint, in the order of `columns`, the projects of the matrix; last what is unknown. */
export const entriesOf = (
  matrix: AccessMatrix,
  row: Row,
  columns: ReadonlyArray<ProjectId>,
  { all = false }: EntryOptions
): ReadonlyArray<Entry> => {
  const held = byProject(row.permissions)
  const known = columns
    .map((project): Entry => ({ row, project, cell: cellOf(matrix, row, project, held.get(project) ?? []) }))
    .filter(({ cell }) => cell._tag !== "Unknown")
  const shown = all ? known : known.filter(({ cell }) => cell._tag === "Access" || cell._tag === "Owner")
  const isAnswered = row.complete || (matrix.project !== undefined && known.length > 0)
  if (!isAnswered) return [...shown, { row, project: matrix.project, cell: { _tag: "Unknown", reason: row.reason } }]
  return all && shown.length === 0 ? [{ row, project: undefined, cell: { _tag: "NoPermission" } }] : shown
}
