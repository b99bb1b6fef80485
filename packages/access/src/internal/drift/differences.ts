/** The differences between a policy and an audit. The audit log is not used. */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { Project } from "@checkpoint-permissions/core/Organization"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import type { AccessMatrix, AuditPermission, Row } from "../audit/matrix.ts"
import { dayOf, endedBy } from "../policy/ends.ts"
import type { ResolvedEntry } from "../policy/model.ts"
import type { Difference, Note } from "./model.ts"

/** The result of the reads that a policy is compared with. */
export interface Observation {
  readonly matrix: AccessMatrix
  /** The projects of the organization, archived ones included, if they could be listed. */
  readonly projects?: ReadonlyArray<Project> | undefined
}

/** The differences, and remarks that are not differences. */
export interface Findings {
  readonly differences: ReadonlyArray<Difference>
  readonly notes: ReadonlyArray<Note>
}

/**
 * Tolerance of the time of a read, in milliseconds. Server times are in whole seconds, so a read may have been up to
 * one second later.
 */
const readTolerance = 1000

const unwantedPermission = (
  kind: Extract<Difference, { readonly permission: string }>["kind"],
  { checkpoint }: Pick<Row, "checkpoint">,
  { created_at, id, project_id }: AuditPermission
): Difference => ({ kind, checkpoint, project: project_id, permission: id, createdAt: created_at })

const unreadCheckpoint = ({ checkpoint }: Pick<Row, "checkpoint">, reason: string): Difference => ({
  kind: "unread",
  checkpoint,
  reason
})

/** Returns the permissions of a row that the policy does not list. A project has access by its oldest permission. */
const unwantedIn = ({ ends, mode, owner, projects }: ResolvedEntry, row: Row): ReadonlyArray<Difference> => {
  const ended = endedBy(ends, dayOf(DateTime.add(row.readAt, { millis: readTolerance })))
  const wanted = new Set<string>(projects)
  return [...byProject(row.permissions)].flatMap(([project, permissions]) => {
    const [, ...younger] = permissions
    if (project === owner) return []
    if (ended.has(project)) return permissions.map((one) => unwantedPermission("ended", row, one))
    if (mode !== "exact") return []
    return wanted.has(project)
      ? younger.map((one) => unwantedPermission("duplicate", row, one))
      : permissions.map((one) => unwantedPermission("not in the policy", row, one))
  })
}

/** Returns the projects that the policy gives access at the beginning of a read. */
const wantedAt = ({ ends, owner, projects }: ResolvedEntry, time: DateTime.Utc): ReadonlyArray<ProjectId> => {
  const ended = endedBy(ends, dayOf(time))
  return projects.filter((project) => project !== owner && !ended.has(project))
}

const differencesAt = (
  wanted: ResolvedEntry,
  row: Row | undefined,
  isAnyRead: boolean,
  isUnknown: (project: string) => boolean
): ReadonlyArray<Difference> => {
  if (row === undefined) return [unreadCheckpoint(wanted, "not read")]
  if (!row.complete && row.notFound === true && isAnyRead) return [{ kind: "gone", checkpoint: row.checkpoint }]
  const { checkpoint } = row
  const present = new Set<string>(row.permissions.map(({ project_id }) => project_id))
  const absent = wantedAt(wanted, row.readFrom ?? row.readAt).filter((project) => !present.has(project))
  const owner = wanted.owner === undefined || present.has(wanted.owner) ? [] : [wanted.owner]
  const unknown = [...absent, ...owner].filter(isUnknown)
  return [
    ...(row.complete ? [] : [unreadCheckpoint(row, row.reason)]),
    ...unwantedIn(wanted, row),
    ...unknown.map((project): Difference => ({ kind: "unknown project", checkpoint, project })),
    // an incomplete listing does not show that a permission is missing
    ...(row.complete ? absent : []).flatMap(
      (project): ReadonlyArray<Difference> =>
        isUnknown(project) ? [] : [{ kind: "in the policy, no access", checkpoint, project }]
    )
  ]
}

/** Returns the differences of a checkpoint that is in no policy: all its permissions. */
const unmanagedIn = (row: Row, isAnswered: boolean): ReadonlyArray<Difference> => [
  ...(row.complete || (row.notFound === true && isAnswered) ? [] : [unreadCheckpoint(row, row.reason)]),
  ...row.permissions.map((one) => unwantedPermission("unmanaged", row, one))
]

const isArchived = ({ archived_at, status }: Project): boolean => archived_at != null || status === "archived"

const notesAt = (wanted: ResolvedEntry, row: Row | undefined, archived: ReadonlySet<string>): ReadonlyArray<Note> => {
  const { checkpoint, owner } = wanted
  const listed = row?.permissions.filter(({ project_id }) => project_id === owner) ?? []
  const projects = row === undefined ? wanted.projects : wantedAt(wanted, row.readAt)
  return [
    ...listed.map(({ id, project_id }): Note => {
      return { kind: "owner listed", checkpoint, project: project_id, permission: id }
    }),
    ...projects
      .filter((project) => archived.has(project))
      .map((project): Note => ({ kind: "archived project", checkpoint, project }))
  ]
}

/**
 * Returns the differences between a policy and the result of reads, in the order of the policy. Rows of checkpoints
 * outside the policy come last.
 *
 * The times of the rows determine which access has ended. They are times of the server.
 */
export const differencesOf = (policy: ReadonlyArray<ResolvedEntry>, { matrix, projects }: Observation): Findings => {
  const { rows } = matrix
  const isAnswered = rows.some(({ complete, permissions }) => complete || permissions.length > 0)
  const known = projects && new Set<string>(projects.map(({ id }) => id))
  const seen = new Set<string>(rows.flatMap(({ permissions }) => permissions.map(({ project_id }) => project_id)))
  const isUnknown = (project: string) => known !== undefined && !known.has(project) && !seen.has(project)
  const archived = new Set<string>(projects?.filter(isArchived).map(({ id }) => id))
  const byCheckpoint = new Map<string, Row>(rows.map((row) => [row.checkpoint, row]))
  const managed = new Set<string>(policy.map(({ checkpoint }) => checkpoint))
  return {
    differences: [
      ...policy.flatMap((wanted) => differencesAt(wanted, byCheckpoint.get(wanted.checkpoint), isAnswered, isUnknown)),
      ...rows.filter(({ checkpoint }) => !managed.has(checkpoint)).flatMap((row) => unmanagedIn(row, isAnswered))
    ],
    notes: policy.flatMap((wanted) => notesAt(wanted, byCheckpoint.get(wanted.checkpoint), archived))
  }
}
