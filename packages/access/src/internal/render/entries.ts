/** The rows of an audit: one for each project at a checkpoint. */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import { cellOf } from "../audit/cells.ts"
import type { AccessMatrix, Cell, Row } from "../audit/matrix.ts"
import { formatActor } from "../history/model.ts"

/** The selection of entries. */
export interface EntryOptions {
  /** Whether to include projects without access. Unknown access is always included. Default: false. */
  readonly all?: boolean | undefined
}

/** A cell with its row and project: access, no access or unknown. */
export interface Entry {
  readonly row: Row
  /** Missing if the entry is about all projects that have no entry of their own. */
  readonly project: ProjectId | undefined
  readonly cell: Cell
  /** The actors that granted the access, each once. Unknown actors are missing. */
  readonly by: ReadonlyArray<string>
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
    .map((project): Entry => {
      const permissions = permissionsByProject.get(project) ?? []
      const cell = cellOf(matrix, row, project, permissions)
      const actors = permissions.flatMap(({ by }) => (by === undefined ? [] : [formatActor(by)]))
      return { row, project, cell, by: cell._tag === "Access" ? [...new Set(actors)] : [] }
    })
    .filter(({ cell }) => cell._tag !== "Unknown")
  const shown = all ? known : known.filter(({ cell }) => cell._tag === "Access" || cell._tag === "Owner")
  const isAnswered = row.complete || (matrix.project !== undefined && known.length > 0)
  if (!isAnswered) {
    return [...shown, { row, project: matrix.project, cell: { _tag: "Unknown", reason: row.reason }, by: [] }]
  }
  return all && shown.length === 0 ? [{ row, project: undefined, cell: { _tag: "NoPermission" }, by: [] }] : shown
}
