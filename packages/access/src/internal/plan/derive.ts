import { CheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { byProject, limits } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import type { Row } from "../audit/matrix.ts"
import type { AccessPolicy, Diagnostic, InvalidPolicy, ResolvedEntry } from "../policy/model.ts"
import { activeOn, dayOf, endedBy, meaningOf, resolve } from "../policy/resolve.ts"
import { differencesOf } from "./differences.ts"
import type {
  AccessPlan,
  CheckpointPlan,
  Counts,
  ListedPermission,
  PlanScope,
  Revoke,
  UnreadCheckpoint
} from "./model.ts"

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
 * Returns the part of a policy that differs from another policy in access: by owner, mode, projects or their ends. Groups
 * are replaced by their projects. `differences` also has reasons of ends, and reviews.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category constructors
 */
export const scopeOf = (policy: AccessPolicy, base: AccessPolicy): Either.Either<PlanScope, InvalidPolicy> =>
  Either.gen(function* () {
    const entries = yield* resolve(policy)
    const former = yield* resolve(base)
    const before = new Map(former.map((one) => [one.checkpoint, one]))
    const present = new Set(entries.map(({ checkpoint }) => checkpoint))
    const meaning = (one?: ResolvedEntry) => one && JSON.stringify(meaningOf(one))
    const isChanged = (one: ResolvedEntry) => meaning(before.get(one.checkpoint)) !== meaning(one)
    const ids = (some: typeof entries) => some.map(({ checkpoint }) => checkpoint)
    const differences = differencesOf(former, entries)
    return {
      entries: entries.length,
      changed: ids(entries.filter(isChanged)),
      removed: ids(former.filter(({ checkpoint }) => !present.has(checkpoint))),
      ...(differences.length === 0 ? {} : { differences })
    }
  })

/**
 * Returns a plan in which nothing is planned for the entries of these diagnostics. They are its `leftOut`.
 *
 * @category conversions
 */
export const leaveOut = (
  plan: AccessPlan,
  diagnostics: ReadonlyArray<Diagnostic & { readonly checkpoint: string }>
): AccessPlan => {
  const entries = Arr.groupBy(diagnostics, ({ checkpoint }) => checkpoint)
  const leftOut = [
    ...(plan.leftOut ?? []),
    ...Object.entries(entries).map(([checkpoint, all]) => ({
      checkpoint: CheckpointId.make(checkpoint),
      diagnostics: Arr.map(all, ({ checkpoint: _, ...diagnostic }) => diagnostic)
    }))
  ]
  const checkpoints = plan.checkpoints.filter(({ checkpoint }) => !Object.hasOwn(entries, checkpoint))
  return {
    ...plan,
    checkpoints,
    counts: countsOf(checkpoints, plan.unread),
    ...(leftOut.length === 0 ? {} : { leftOut })
  }
}

/** Returns true if a permission is younger than the end of its project's access. No apply grants access that late. */
export const isGrantedAfter = ({ created_at }: ListedPermission, until: string): boolean =>
  dayOf(DateTime.unsafeMake(created_at * 1000)) > until

/**
 * Returns a plan with `unexplained`: the projects whose steps the difference between its policy and `base` does not
 * explain. An entry that `base` does not have explains all its steps, and so does a change of the mode.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category conversions
 */
export const withUnexplained = (plan: AccessPlan, base: AccessPolicy): Either.Either<AccessPlan, InvalidPolicy> =>
  Either.map(resolve(base), (entries) => {
    const former = new Map(entries.map((one) => [one.checkpoint, one]))
    const marked = (one: CheckpointPlan): CheckpointPlan => {
      const entry = former.get(one.checkpoint)
      if (entry === undefined) return one
      const active = activeOn(entry, plan.day)
      const ended = endedBy(one.ends, plan.day)
      const isEnded = ({ permission, reason }: Revoke): boolean =>
        reason === "ended" && !isGrantedAfter(permission, ended.get(permission.project_id) ?? "")
      const revokes = entry.mode === "exact" ? one.revokes.filter((revoke) => !isEnded(revoke)) : []
      const projects = revokes.map(({ permission }) => permission.project_id)
      const unexplained = [
        ...one.grants.filter((project) => active.has(project)),
        ...new Set(projects.filter((project) => !active.has(project) && project !== entry.owner))
      ]
      return unexplained.length === 0 ? one : { ...one, unexplained }
    }
    return { ...plan, checkpoints: plan.checkpoints.map(marked) }
  })
