import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { createdAt } from "@checkpoint-permissions/core/Permission"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import type { AccessMatrix, AuditPermission, Cell, Counts, Row } from "./matrix.ts"

/** Returns the permissions of a project in a row, the oldest first. */
export const permissionsOf = (row: Row, project: string): ReadonlyArray<AuditPermission> =>
  byProject(row.permissions.filter(({ project_id }) => project_id === project)).get(project) ?? []

const unknown = (reason: string) => ({ _tag: "Unknown", reason }) as const

/** The reason of a checkpoint that is not in the matrix. */
export const notInAudit = "not among the checkpoints of this audit"

const none = { _tag: "None" } as const
const noPermission = { _tag: "NoPermission" } as const
const owner = { _tag: "Owner" } as const

/** Returns the cell of a project that a row does not show. No listing shows the owner. */
const cellWithoutPermission = (row: Row) =>
  row.complete ? (row.owner === undefined ? noPermission : none) : unknown(row.reason)

/**
 * Returns the cell of a project in a row, from its permissions there, oldest first. Only a complete row shows that
 * there is no permission.
 */
export const cellOf = (
  matrix: AccessMatrix,
  row: Row,
  project: string,
  [oldest, ...others]: ReadonlyArray<AuditPermission> = permissionsOf(row, project)
): Cell => {
  if (row.owner === project) return owner
  if (oldest !== undefined) return { _tag: "Access", since: createdAt(oldest), permissions: others.length + 1 }
  if (matrix.project !== undefined && matrix.project !== project)
    return unknown("only the permissions of another project were read")
  return cellWithoutPermission(row)
}

/** Returns the row of a checkpoint, if it is in the matrix. */
export const rowOf = ({ rows }: AccessMatrix, checkpoint: string): Row | undefined =>
  rows.find((row) => row.checkpoint === checkpoint)

/**
 * Returns a project's access to a checkpoint, or `Unknown` with the reason.
 *
 * @category questions
 */
export const cell = (matrix: AccessMatrix, checkpoint: CheckpointId, project: ProjectId): Cell => {
  const row = rowOf(matrix, checkpoint)
  return row === undefined ? unknown(notInAudit) : cellOf(matrix, row, project)
}

const nameIn = (matrix: Pick<AccessMatrix, "names">, project: string): string | undefined =>
  Object.hasOwn(matrix.names, project) ? matrix.names[project] : undefined

/** Returns the name of a project, if it has one. */
export const nameOf = (matrix: Pick<AccessMatrix, "names">, project: string): string | undefined => {
  const name = nameIn(matrix, project)?.trim()
  return name === "" ? undefined : name
}

/** An order in which `bots 5` is before `bots 17`. */
const collator = new Intl.Collator("en", { numeric: true })

const compare = (one: string, other: string): number =>
  collator.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0)

/**
 * Returns every project that has access, owns a model or was requested, by name, then by id.
 *
 * @category questions
 */
export const projects = (matrix: AccessMatrix): ReadonlyArray<ProjectId> => {
  if (matrix.project !== undefined) return [matrix.project]
  const all = new Set(matrix.projects)
  for (const { owner, permissions } of matrix.rows) {
    if (owner !== undefined) all.add(owner)
    for (const { project_id } of permissions) all.add(project_id)
  }
  return [...all]
    .map((project) => ({ project, label: nameOf(matrix, project) ?? project }))
    .sort((one, other) => compare(one.label, other.label) || compare(one.project, other.project))
    .map(({ project }) => project)
}

const countOfTag = {
  Access: "access",
  Owner: "owner",
  None: "none",
  NoPermission: "noPermission",
  Unknown: "unknown"
} as const

/**
 * Returns the totals of a matrix.
 *
 * @category questions
 */
export const counts = (matrix: AccessMatrix): Counts => {
  const columns = projects(matrix)
  const cells = { access: 0, owner: 0, none: 0, noPermission: 0, unknown: 0 }
  let permissions = 0
  let duplicates = 0
  for (const row of matrix.rows) {
    permissions += row.permissions.length
    const permissionsByProject = byProject(row.permissions)
    for (const same of permissionsByProject.values()) duplicates += same.length - 1
    for (const project of columns)
      cells[countOfTag[cellOf(matrix, row, project, permissionsByProject.get(project) ?? [])._tag]] += 1
  }
  const complete = matrix.rows.filter((row) => row.complete).length
  return {
    checkpoints: matrix.rows.length,
    complete,
    ownerUnknown: matrix.rows.filter(({ owner }) => owner === undefined).length,
    incomplete: matrix.rows.length - complete,
    projects: columns.length,
    permissions,
    duplicates,
    cells
  }
}
