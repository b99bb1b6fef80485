import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { createdAt } from "@checkpoint-permissions/core/Permission"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import { uncapitalize } from "effect/String"
import { formatActor } from "../history/changes.ts"
import type { AccessMatrix, AuditPermission, Cell, OwnerSource, Row } from "./matrix.ts"

/** Returns the permissions of a project in a row, the oldest first. */
export const permissionsOf = (row: Row | undefined, project: string): ReadonlyArray<AuditPermission> =>
  byProject((row?.permissions ?? []).filter(({ project_id }) => project_id === project)).get(project) ?? []

/** Returns true if the server named the owner. */
export const hasServerOwner = ({ ownerSource }: { readonly ownerSource?: OwnerSource | undefined }): boolean =>
  ownerSource === "job" || ownerSource === "refusal"

const unknown = (reason: string) => ({ _tag: "Unknown", reason }) as const

/**
 * Returns the cell of a project in a row, from its permissions there, oldest first. Only a complete row shows that
 * there is no permission.
 */
export const cellOf = (
  matrix: AccessMatrix,
  row: Row | undefined,
  project: string,
  [oldest, ...others]: ReadonlyArray<AuditPermission> = permissionsOf(row, project)
): Cell => {
  if (row === undefined) return unknown("not among the checkpoints of this audit")
  if (row.owner === project && (oldest === undefined || hasServerOwner(row))) {
    return { _tag: "Owner", source: row.ownerSource ?? "policy" }
  }
  if (oldest !== undefined) return { _tag: "Access", since: createdAt(oldest), permissions: others.length + 1 }
  if (matrix.project !== undefined && matrix.project !== project)
    return unknown("only the permissions of another project were read")
  if (!row.complete) return unknown(row.reason)
  // no listing shows the owner
  return { _tag: hasServerOwner(row) ? "None" : "NoPermission" }
}

/** Returns the span of the reads of rows. Undefined without rows. */
export const spanOf = (rows: ReadonlyArray<Row>) =>
  rows.reduce<{ readonly from: DateTime.Utc; readonly to: DateTime.Utc } | undefined>(
    (span, { readAt, readFrom = readAt }) => ({
      from: DateTime.min(span?.from ?? readFrom, readFrom),
      to: DateTime.max(span?.to ?? readAt, readAt)
    }),
    undefined
  )

/** Returns the row of a checkpoint, if it is in the matrix. */
export const rowOf = ({ rows }: AccessMatrix, checkpoint: string): Row | undefined =>
  rows.find((row) => row.checkpoint === checkpoint)

/**
 * Returns a project's access to a checkpoint, or `Unknown` with the reason.
 *
 * @category questions
 */
export const cell = (matrix: AccessMatrix, checkpoint: CheckpointId, project: ProjectId): Cell =>
  cellOf(matrix, rowOf(matrix, checkpoint), project)

/** Returns the name of a project, if it has one. */
export const nameOf = ({ names }: Pick<AccessMatrix, "names">, project: string): string | undefined =>
  (Object.hasOwn(names, project) && names[project]?.trim()) || undefined

/** An order in which `bots 5` is before `bots 17`. */
const collator = new Intl.Collator("en", { numeric: true })

const compare = (one: string, other: string): number =>
  collator.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0)

const sortProjects = (matrix: Pick<AccessMatrix, "names">, projects: Iterable<ProjectId>): ReadonlyArray<ProjectId> =>
  [...new Set(projects)]
    .map((project) => ({ project, label: nameOf(matrix, project) ?? project }))
    .sort((one, other) => compare(one.label, other.label) || compare(one.project, other.project))
    .map(({ project }) => project)

/**
 * Returns every project that has access, owns a model or was requested, by name, then by id.
 *
 * @category questions
 */
export const projects = (matrix: AccessMatrix): ReadonlyArray<ProjectId> => {
  if (matrix.project !== undefined) return [matrix.project]
  const inRows = matrix.rows.flatMap(({ owner, permissions, review }) => [
    ...(owner === undefined ? [] : [owner]),
    ...(review?.projects ?? []).map(({ project }) => project),
    ...permissions.map(({ project_id }) => project_id)
  ])
  return sortProjects(matrix, [...matrix.projects, ...inRows])
}

/**
 * Returns the totals of a matrix. `ownerUnknown` are checkpoints whose owner the server did not name: it has access
 * without a permission. `duplicates` are permissions of projects that have an older one for the same checkpoint. Cells without a
 * permission at a checkpoint whose owner is unknown are `noPermission`.
 *
 * @category questions
 */
export const counts = (matrix: AccessMatrix) => {
  const columns = projects(matrix)
  const cells = { access: 0, owner: 0, none: 0, noPermission: 0, unknown: 0 }
  let permissions = 0
  let duplicates = 0
  for (const row of matrix.rows) {
    permissions += row.permissions.length
    const permissionsByProject = byProject(row.permissions)
    for (const same of permissionsByProject.values()) duplicates += same.length - 1
    for (const project of columns)
      cells[uncapitalize(cellOf(matrix, row, project, permissionsByProject.get(project) ?? [])._tag)] += 1
  }
  const complete = matrix.rows.filter((row) => row.complete).length
  return {
    checkpoints: matrix.rows.length,
    complete,
    ownerUnknown: matrix.rows.filter((row) => !hasServerOwner(row)).length,
    incomplete: matrix.rows.length - complete,
    projects: columns.length,
    permissions,
    duplicates,
    cells
  }
}

/** Returns the actor that created a permission, or the reason why none is known, on one line. */
export const formatCreator = (by: NonNullable<AuditPermission["by"]>): string =>
  typeof by === "string" ? by : formatActor(by)
