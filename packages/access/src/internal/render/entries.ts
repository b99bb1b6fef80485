/** The rows of an audit: one for each project at a checkpoint. */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import { cellOf } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"

/** The selection of entries. */
export interface EntryOptions {
  /** True to include projects without access. Default: false. Unknown access is always included. */
  readonly all?: boolean | undefined
}

/** A cell with its row and project: access, no access or unknown. */
export interface Entry {
  readonly row: Row
  /** Missing if the entry is about all projects without an entry of their own. */
  readonly project: ProjectId | undefined
  readonly cell: Cell
}

/** Returns the entries of a checkpoint in the order of `columns`, the matrix's projects. Unknown ones are last. */
export const entriesOf = (
  matrix: AccessMatrix,
  row: Row,
  columns: ReadonlyArray<ProjectId>,
  { all = false }: EntryOptions
): ReadonlyArray<Entry> => {
  const permissionsByProject = byProject(row.permissions)
  const known = columns
    .map(
      (project): Entry => ({
        row,
        project,
        cell: cellOf(matrix, row, project, permissionsByProject.get(project) ?? [])
      })
    )
    .filter(({ cell }) => cell._tag !== "Unknown")
  const shown = all ? known : known.filter(({ cell }) => cell._tag === "Access" || cell._tag === "Owner")
  const isAnswered = row.complete || (matrix.project !== undefined && known.length > 0)
  if (!isAnswered) return [...shown, { row, project: matrix.project, cell: { _tag: "Unknown", reason: row.reason } }]
  return all && shown.length === 0 ? [{ row, project: undefined, cell: { _tag: "NoPermission" } }] : shown
}
