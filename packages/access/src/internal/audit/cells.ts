import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { createdAt } from "@checkpoint-permissions/core/Permission"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import { actorText } from "../history/actor.ts"
import type { AccessMatrix, Cell, Counts, Held, Row } from "./matrix.ts"

/** Computed once for each value: matrices and rows do not change. */
const remembered = <K extends object, V>(compute: (key: K) => V): ((key: K) => V) => {
  const known = new WeakMap<K, V>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const value = compute(key)
    known.set(key, value)
    return value
  }
}

const rowsOf = remembered(
  (matrix: AccessMatrix): ReadonlyMap<string, Row> => new Map(matrix.rows.map((row) => [row.checkpoint, row]))
)

/** The permissions of a row by project, the oldest first. */
export const heldBy = remembered((row: Row): ReadonlyMap<string, ReadonlyArray<Held>> => byProject(row.permissions))

/** Returns the actors that granted a project's permissions, each once, as far as they are known. */
export const grantedBy = (row: Row, project: string): ReadonlyArray<string> => [
  ...new Set((heldBy(row).get(project) ?? []).flatMap(({ by }) => (by === undefined ? [] : [actorText(by)])))
]

const unknown = (reason: string) => ({ _tag: "Unknown", reason }) as const

/** Why nothing is known of a checkpoint without a row. */
export const notThere = "not among the checkpoints of this audit"

const none = { _tag: "None" } as const
const noPermission = { _tag: "NoPermission" } as const
const owner = { _tag: "Owner" } as const

/** What is so of a project that a listing does not show: its owner is in none. */
const unlisted = (row: Row) => (row.complete ? (row.owner === undefined ? noPermission : none) : unknown(row.reason))

/** What a row says of a project. Only a row that was read to the end can say that it has no permission. */
export const cellOf = (matrix: AccessMatrix, row: Row, project: string): Cell => {
  if (row.owner === project) return owner
  const [oldest, ...others] = heldBy(row).get(project) ?? []
  if (oldest !== undefined) return { _tag: "Access", since: createdAt(oldest), permissions: others.length + 1 }
  if (matrix.project !== undefined && matrix.project !== project) return unknown("not asked about this project")
  return unlisted(row)
}

/** The row of a checkpoint, if it is in the matrix. */
export const rowOf = (matrix: AccessMatrix, checkpoint: string): Row | undefined => rowsOf(matrix).get(checkpoint)

/**
 * What is known of a project's access to a checkpoint.
 *
 * @category questions
 */
export const cell = (matrix: AccessMatrix, checkpoint: CheckpointId, project: ProjectId): Cell => {
  const row = rowOf(matrix, checkpoint)
  return row === undefined ? unknown(notThere) : cellOf(matrix, row, project)
}

const nameIn = (matrix: Pick<AccessMatrix, "names">, project: string): string | undefined =>
  Object.hasOwn(matrix.names, project) ? matrix.names[project] : undefined

/**
 * The name of a project, if it has one.
 *
 * @category questions
 */
export const nameOf = (matrix: Pick<AccessMatrix, "names">, project: string): string | undefined => {
  const name = nameIn(matrix, project)?.trim()
  return name === "" ? undefined : name
}

/** `bots 5` before `bots 17`. */
const collator = new Intl.Collator("en", { numeric: true })

const compare = (one: string, other: string): number =>
  collator.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0)

/**
 * The columns: every project that has access to something, owns something or was asked for, by name, then by id.
 *
 * @category questions
 */
export const projects = remembered((matrix: AccessMatrix): ReadonlyArray<ProjectId> => {
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
})

const counted = {
  Access: "access",
  Owner: "owner",
  None: "none",
  NoPermission: "noPermission",
  Unknown: "unknown"
} as const

/**
 * How much of each there is.
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
    for (const same of heldBy(row).values()) duplicates += same.length - 1
    for (const project of columns) cells[counted[cellOf(matrix, row, project)._tag]] += 1
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
