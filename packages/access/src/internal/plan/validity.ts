/**
 * The rules that decide if a plan, and each of its steps, is still valid when it is applied: pure functions over plain
 * data. An apply asks them, and acts on the result.
 *
 * | Rule | Asked about | Result |
 * | --- | --- | --- |
 * | 1. limits | the whole plan, before the first read: another server, organization or policy; already applied; too old, or from the future; too many revokes | `refusalOf`: nothing is applied |
 * | 2. age | the plan's snapshot: without a start, from before the last write, older than `maxAge`, from the future, or with duplicates to delete | not `isUsable`: the checkpoint is read again |
 * | 3. drift | a read before the grants: a permission is gone that the plan does not delete, or one is new, and its project has no access by the plan | `differences`: no step is made |
 * | 4. verification | a read after the grants: a project with access by the plan has no permission, for no known reason, or another project has one that the plan does not delete | `differences`: the revokes are made |
 * | 5. presence | a grant: its project has a permission, or has none | `granted`, or `toGrant` |
 * | 6. end | a grant: the last day of its project has passed | `expired`: not granted |
 * | 7. presence | a revoke: its permission is listed, or is not | `toRevoke`, or `gone` |
 *
 * A snapshot that is usable shows no drift: it would be compared with itself. In the mode `at-least`, other projects
 * make no difference. Steps that the plan leaves out make none either.
 */
import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject } from "@checkpoint-permissions/protocol/writes"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import { dayOf } from "../policy/resolve.ts"
import { organizationOf } from "../text/words.ts"
import {
  type AccessPlan,
  type CheckpointPlan,
  grantsIn,
  isDelete,
  isGrant,
  isRevoke,
  type ListedPermission,
  type PlanRefused,
  planned,
  refuse
} from "./steps.ts"

/** The limits of a plan. */
export interface PlanLimits {
  /** The maximum number of revocations. A plan with more is refused. Default: no limit. */
  readonly maxRevokes?: number | undefined
  /** The maximum age of a plan. An older plan is refused. Default: one day. */
  readonly maxAge?: Duration.DurationInput | undefined
  /** The result of `AccessPolicy.digest` for a policy. A plan made from another policy is refused. */
  readonly policyDigest?: string | undefined
}

type LimitedPlan = Pick<AccessPlan, "apiUrl" | "organization" | "policyDigest" | "createdAt" | "executed"> & {
  readonly counts: Pick<AccessPlan["counts"], "revokes">
}

/** The largest assumed difference between the clocks of two machines, in milliseconds. */
const clockSkew = 5 * 60_000

/** Returns milliseconds as text, rounded to seconds. */
const rounded = (millis: number): string => Duration.format(Duration.seconds(Math.round(millis / 1000)))

/** Returns the error of a plan or a file that was made for another server or organization. */
export const serverRefusalOf = (
  made: { readonly apiUrl: string; readonly organization?: string | undefined },
  server: Server
): PlanRefused | undefined => {
  if (made.apiUrl !== server.apiUrl) {
    const problem = `it was made for ${made.apiUrl}, not for ${server.apiUrl}`
    return refuse("server", `${problem}: apply it there, or make a new plan for this server`)
  }
  if (made.organization !== server.organization) {
    const problem = `it was made for ${organizationOf(made)}, not for ${organizationOf(server)}`
    return refuse("organization", `${problem}: set that organization, or make a new plan for this one`)
  }
  return
}

/**
 * Returns the error of a whole plan that may not be applied. `server` is missing if it is not known yet. `now` is in Unix
 * milliseconds.
 */
export const refusalOf = (
  plan: LimitedPlan,
  limits: PlanLimits & { readonly server?: Server | undefined },
  now: number
): PlanRefused | undefined => {
  const { maxRevokes = Number.POSITIVE_INFINITY, policyDigest, server } = limits
  const maxAge = Duration.toMillis(limits.maxAge ?? "1 day")
  const age = now - plan.createdAt.epochMillis
  const elsewhere = server && serverRefusalOf(plan, server)
  if (elsewhere !== undefined) return elsewhere
  if (plan.executed !== undefined) {
    const at = DateTime.formatIso(plan.executed.at)
    return refuse("executed", `it was already applied at ${at}: make a new plan`)
  }
  if (policyDigest !== undefined && policyDigest !== plan.policyDigest) {
    return refuse("policy", `it was made from another policy (${plan.policyDigest}): make a new plan`)
  }
  if (age < -clockSkew) {
    return refuse("age", `it is dated ${rounded(-age)} in the future: check the clock, or make a new plan`)
  }
  if (age > maxAge) {
    return refuse("age", `it is ${rounded(age)} old, more than ${rounded(maxAge)}: make a new plan`)
  }
  if (plan.counts.revokes > maxRevokes) {
    const problem = `it revokes ${plan.counts.revokes} permissions, more than the limit of ${maxRevokes}`
    return refuse("revokes", `${problem}: review it, then raise the limit`)
  }
  return
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
  /** The projects whose permission to revoke no longer exists. */
  readonly gone: ReadonlyArray<ProjectId>
}

const before = ({ found, kept, mode, steps }: CheckpointPlan, { permissions }: Read): ReadonlyArray<string> => {
  const known = new Set<string>(steps.flatMap((step) => (isDelete(step) ? [step.permission.id] : [])))
  const wanted = new Set<string>([...kept, ...grantsIn(steps)])
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
const after = (plan: CheckpointPlan, { permissions }: Read, exempt: ReadonlySet<string>): ReadonlyArray<string> => {
  const { kept, mode, owner, steps } = plan
  const present = byProject(permissions)
  const shown = new Set<string>(steps.flatMap((step) => (isRevoke(step) ? [step.permission.id] : [])))
  const expected = new Set<string | undefined>([...kept, ...grantsIn(steps), owner])
  const missing = [...kept, ...grantsIn(planned(plan))].filter(
    (project) => !present.has(project) && !exempt.has(project)
  )
  const extra = permissions.filter(({ id, project_id }) => !expected.has(project_id) && !shown.has(id))
  return [
    ...missing.map((project) => `${project} has no permission any more`),
    ...(mode === "exact" ? extra.map(({ id, project_id }) => `permission ${id} of ${project_id} is new`) : [])
  ]
}

/** Returns which steps of a plan are valid at its checkpoint, by one read of it. `now` is in Unix milliseconds. */
export const validity = (plan: CheckpointPlan, read: Read, now: number): Validity => {
  const present = byProject(read.permissions)
  const steps = planned(plan)
  const grants = grantsIn(steps)
  const today = dayOf(DateTime.unsafeMake(now))
  const listed = new Map(read.permissions.map((one) => [one.id, one]))
  const isUsable =
    read.by === "apply" ||
    (read.readFrom !== undefined &&
      read.readFrom > (read.lastWrite ?? Number.NEGATIVE_INFINITY) &&
      read.readFrom <= now &&
      now - read.readFrom < read.maxAge &&
      steps.every(({ why }) => why !== "duplicate"))
  const revokes = steps.flatMap((step) =>
    isRevoke(step) ? [{ project: step.project, found: listed.get(step.permission.id) }] : []
  )
  return {
    isUsable,
    differences:
      read.by === "plan" ? [] : read.exempt === undefined ? before(plan, read) : after(plan, read, read.exempt),
    toGrant: grants.filter((project) => !present.has(project)),
    granted: grants.filter((project) => present.has(project)),
    expired: new Map(
      steps.flatMap((step) =>
        isGrant(step) && step.until !== undefined && step.until < today ? [[step.project, step.until] as const] : []
      )
    ),
    toRevoke: revokes.flatMap(({ found }) => found ?? []),
    gone: revokes.flatMap(({ found, project }) => (found === undefined ? [project] : []))
  }
}

/**
 * Returns true if the plan permits the delete of a duplicate. The plan either notes the permission, or grants the
 * project, so that its own creates may have made both.
 */
export const mayDeleteDuplicate =
  (plan: CheckpointPlan) =>
  ({ id, project_id }: ListedPermission): boolean =>
    planned(plan).some((step) =>
      isDelete(step) ? step.why === "duplicate" && step.permission.id === id : step.project === project_id
    )
