import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import { dayOf, endedBy } from "../policy/resolve.ts"
import type { CheckpointPlan, ListedPermission } from "./model.ts"

/** A plan of one checkpoint, with the mode of its policy's entry. */
export interface Planned extends CheckpointPlan {
  readonly mode: "exact" | "at-least"
}

/** The snapshot of a plan, and the circumstances of its use. Times are Unix milliseconds. */
interface PlanSnapshot {
  readonly by: "plan"
  readonly permissions: ReadonlyArray<ListedPermission>
  /** The start of the listing, if it is known. */
  readonly readFrom: number | undefined
  /** The last write of this `Access` to the checkpoint. Default: none. */
  readonly lastWrite?: number | undefined
  readonly maxAge: number
}

/** A listing of the apply. */
interface Listing {
  readonly by: "apply"
  readonly permissions: ReadonlyArray<ListedPermission>
  /** After the grants: the projects without a permission for a known reason. Missing before the grants. */
  readonly exempt?: ReadonlySet<string> | undefined
}

/** One read of a checkpoint. */
export type Read = PlanSnapshot | Listing

/** The steps of a plan by one read. */
export interface Validity {
  /** False if the checkpoint has to be read again. */
  readonly isUsable: boolean
  /** Changes that the plan does not explain, one sentence each. */
  readonly differences: ReadonlyArray<string>
  readonly toGrant: ReadonlyArray<ProjectId>
  /** Grants that are already there. */
  readonly granted: ReadonlyArray<ProjectId>
  /** The last day of each project of the plan whose access has ended. It is not granted. */
  readonly expired: ReadonlyMap<string, string>
  readonly toRevoke: ReadonlyArray<ListedPermission>
  /** Permissions to revoke that no longer exist. */
  readonly gone: ReadonlyArray<ListedPermission>
}

/** Returns the differences between the plan and a read before its grants. */
const before = (plan: Planned, { permissions }: Read): ReadonlyArray<string> => {
  const { duplicates, found, grants, left, mode, revokes, unchanged } = plan
  const deleted = [...revokes, ...(left?.revokes ?? [])].map(({ permission }) => permission)
  const known = new Set([...deleted, ...duplicates].map(({ id }) => id))
  const wanted = new Set<string>([...unchanged, ...grants, ...(left?.grants ?? [])])
  const [ids, foundIds] = [permissions, found].map((some) => new Set(some.map(({ id }) => id)))
  const isRelevant = ({ project_id }: ListedPermission): boolean => mode === "exact" || wanted.has(project_id)
  const vanished = found.filter((one) => !ids?.has(one.id) && !known.has(one.id) && isRelevant(one))
  const added = permissions.filter((one) => !foundIds?.has(one.id) && !wanted.has(one.project_id) && isRelevant(one))
  return [
    ...vanished.map(({ id, project_id }) => `permission ${id} of ${project_id} is gone`),
    ...added.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`)
  ]
}

/** Returns the differences between the policy and a read after the grants, apart from planned deletes and duplicates. */
const after = (plan: Planned, { permissions }: Read, exempt: ReadonlySet<string>): ReadonlyArray<string> => {
  const { grants, left, mode, owner, revokes, unchanged } = plan
  const present = byProject(permissions)
  const wanted = [...unchanged, ...grants]
  const shown = new Set([...revokes, ...(left?.revokes ?? [])].map(({ permission }) => permission.id))
  const expected = new Set<string | undefined>([...wanted, ...(left?.grants ?? []), owner])
  const missing = wanted.filter((project) => !present.has(project) && !exempt.has(project))
  const extra = permissions.filter(({ id, project_id }) => !expected.has(project_id) && !shown.has(id))
  return [
    ...missing.map((project) => `${project} has no permission any more`),
    ...(mode === "exact" ? extra.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`) : [])
  ]
}

/**
 * Returns which steps of a plan are still valid at its checkpoint, by one read of it. `now` is in Unix milliseconds.
 *
 * | Step | Read | Result |
 * | --- | --- | --- |
 * | all | the plan's snapshot without a start, or from before the last write, or older than `maxAge`, or from the future | not `isUsable` |
 * | all | the plan's snapshot, if duplicates are to be deleted | not `isUsable` |
 * | all | the plan's snapshot otherwise: a comparison with itself shows nothing | no `differences` |
 * | all | before the grants: a permission is gone that the plan does not delete | `differences`: no step is made |
 * | all | before the grants: a permission is new, and its project has no access by the plan | the same |
 * | all | after the grants: a project with access by the plan has no permission, for no known reason | `differences`: the revokes are made |
 * | all | after the grants: another project has a permission that the plan does not delete | the same |
 * | grant | its project has a permission | `granted` |
 * | grant | it has none | `toGrant`, unless it is in `expired`: its last day has passed |
 * | revoke | its permission is listed | `toRevoke` |
 * | revoke | it is not listed | `gone` |
 *
 * In the mode `at-least`, other projects make no difference. Steps that the plan leaves out make none either. The limits
 * of a whole plan (its age, server and number of revokes) are checked once, before the first read.
 */
export const validity = (plan: Planned, read: Read, now: number): Validity => {
  const present = byProject(read.permissions)
  const ids = new Set(read.permissions.map(({ id }) => id))
  const planned = plan.revokes.map(({ permission }) => permission)
  const isUsable =
    read.by === "apply" ||
    (read.readFrom !== undefined &&
      read.readFrom > (read.lastWrite ?? Number.NEGATIVE_INFINITY) &&
      read.readFrom <= now &&
      now - read.readFrom < read.maxAge &&
      plan.duplicates.length === 0)
  return {
    isUsable,
    differences:
      read.by === "plan" ? [] : read.exempt === undefined ? before(plan, read) : after(plan, read, read.exempt),
    toGrant: plan.grants.filter((project) => !present.has(project)),
    granted: plan.grants.filter((project) => present.has(project)),
    expired: endedBy(plan.ends, dayOf(DateTime.unsafeMake(now))),
    toRevoke: planned.filter(({ id }) => ids.has(id)),
    gone: planned.filter(({ id }) => !ids.has(id))
  }
}

/**
 * Returns true if the plan permits the delete of a duplicate. The plan either notes the permission, or grants the
 * project, so that its own creates may have made both.
 */
export const mayDeleteDuplicate =
  (plan: CheckpointPlan) =>
  ({ id, project_id }: ListedPermission): boolean =>
    plan.grants.includes(project_id) || plan.duplicates.some((duplicate) => duplicate.id === id)
