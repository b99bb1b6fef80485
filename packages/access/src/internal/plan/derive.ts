import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject, limits } from "@checkpoint-permissions/protocol/writes"
import * as Either from "effect/Either"
import type { Row } from "../audit/matrix.ts"
import type { AccessPolicy, InvalidPolicy, ResolvedEntry } from "../policy/model.ts"
import { endedBy, meaningOf, resolve } from "../policy/resolve.ts"
import type { CheckpointPlan, Counts, ListedPermission, PlanScope, Revoke, UnreadCheckpoint } from "./model.ts"

const revoke =
  (reason: Revoke["reason"]) =>
  (permission: ListedPermission): Revoke => ({ permission, reason })

/**
 * Returns the steps that change the found permissions to those of the policy. Access that ended before `day` is
 * revoked. The policy's owner takes precedence over that of the row.
 */
export const derive = (
  wanted: ResolvedEntry,
  { owner: knownOwner, permissions, readAt, readFrom }: Row,
  day: string
): CheckpointPlan => {
  const owner = wanted.owner ?? knownOwner
  const present = byProject(permissions)
  const ended = endedBy(wanted.ends, day)
  const listed = wanted.projects.filter((project) => !ended.has(project))
  const desired = listed.filter((project) => project !== owner)
  const isDesired = new Set<string>(desired)
  const isListed = new Set<string>(listed)
  // Only the policy's owner is exempt. A permission of another known owner is in the plan while it is listed.
  const isUnwanted = (project: ProjectId): boolean =>
    project !== wanted.owner && wanted.mode === "exact" && !isListed.has(project)
  const revokes = [...present].flatMap(([project, all]) =>
    isUnwanted(all[0].project_id) ? all.map(revoke(ended.has(project) ? "ended" : "unwanted")) : []
  )
  const duplicates = [...present].flatMap(([project, [, ...younger]]) =>
    wanted.mode === "exact" && isDesired.has(project) ? younger : []
  )
  return {
    checkpoint: wanted.checkpoint,
    ...(owner === undefined ? {} : { owner }),
    ...(readFrom === undefined ? {} : { readFrom }),
    readAt,
    found: permissions,
    grants: desired.filter((project) => !present.has(project)),
    revokes,
    unchanged: desired.filter((project) => present.has(project)),
    duplicates,
    ownerProjects: wanted.projects.filter((project) => project === owner),
    ...(wanted.ends === undefined ? {} : { ends: wanted.ends })
  }
}

/** Returns a checkpoint's plan with only the revokes of access that has ended. */
export const onlyEnded = (plan: CheckpointPlan): CheckpointPlan => ({
  ...plan,
  grants: [],
  duplicates: [],
  revokes: plan.revokes.filter(({ reason }) => reason === "ended")
})

const sum = (plans: ReadonlyArray<CheckpointPlan>, count: (plan: CheckpointPlan) => number): number =>
  plans.reduce((total, plan) => total + count(plan), 0)

export const countsOf = (plans: ReadonlyArray<CheckpointPlan>, unread: ReadonlyArray<UnreadCheckpoint>): Counts => ({
  checkpoints: plans.length + unread.length,
  grants: sum(plans, ({ grants }) => grants.length),
  revokes: sum(plans, ({ revokes }) => revokes.length),
  unchanged: sum(plans, ({ unchanged }) => unchanged.length),
  duplicates: sum(plans, ({ duplicates }) => duplicates.length),
  ownerProjects: sum(plans, ({ ownerProjects }) => ownerProjects.length),
  unread: unread.length,
  creates: sum(plans, ({ grants }) => Math.ceil(grants.length / limits.projectsPerCreate)),
  deletes: sum(plans, ({ duplicates, revokes }) => revokes.length + duplicates.length)
})

/**
 * Returns the part of a policy that differs from another policy, or has access that ended before `day` (`2027-01-31`,
 * UTC). Compares owner, mode, projects and their ends. Groups are replaced by their projects. The reason of an end
 * makes no difference. Without `base`, covers only access that has ended.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category constructors
 */
export const scopeOf = (
  policy: AccessPolicy,
  { base, day }: { readonly base?: AccessPolicy | undefined; readonly day: string }
): Either.Either<PlanScope, InvalidPolicy> =>
  Either.gen(function* () {
    const entries = yield* resolve(policy)
    const former = base === undefined ? entries : yield* resolve(base)
    const meanings = new Map(former.map((one) => [one.checkpoint, JSON.stringify(meaningOf(one))]))
    const present = new Set(entries.map(({ checkpoint }) => checkpoint))
    const isChanged = (one: (typeof entries)[number]) => meanings.get(one.checkpoint) !== JSON.stringify(meaningOf(one))
    const ids = (some: typeof entries) => some.map(({ checkpoint }) => checkpoint)
    return {
      entries: entries.length,
      changed: ids(entries.filter(isChanged)),
      ended: ids(entries.filter((one) => !isChanged(one) && endedBy(one.ends, day).size > 0)),
      removed: ids(former.filter(({ checkpoint }) => !present.has(checkpoint))),
      ...(base === undefined ? { onlyEnded: true as const } : {})
    }
  })
