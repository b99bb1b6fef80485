import { CheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { limits } from "@checkpoint-permissions/protocol/writes"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import type { Row } from "../audit/matrix.ts"
import { compare } from "../policy/compare.ts"
import type { AccessPolicy, Diagnostic, InvalidPolicy, ResolvedEntry } from "../policy/entry.ts"
import { meaningOf, resolve } from "../policy/resolve.ts"
import { differencesOf } from "./changes.ts"
import { changesBetween, commitOf } from "./intentions.ts"
import {
  type AccessPlan,
  type CheckpointPlan,
  type Counts,
  grantsIn,
  isOfEnd,
  isRevoke,
  type PlanScope,
  planned,
  type Step,
  type UnreadCheckpoint
} from "./steps.ts"

/**
 * Returns the steps that change the found permissions to those of the policy. Access that ended before `day` is
 * revoked. Only the policy's owner is exempt: a permission of an owner that only the row names is in the plan.
 */
export const derive = (entry: ResolvedEntry, { owner: known, permissions, readAt, readFrom }: Row, day: string) => {
  const { checkpoint, ends = [], mode, owner = known, projects } = entry
  const compared = compare(entry, permissions, day)
  const endOf = (project: ProjectId) => {
    const end = ends.find((one) => one.project === project && one.ignored !== true)
    return end && { until: end.until, ...(end.reason === undefined ? {} : { reason: end.reason }) }
  }
  const steps = compared.flatMap(({ kind, permissions: all, project }): ReadonlyArray<Step> => {
    const isTakenAway = kind === "unwanted" || kind === "ended"
    const left = project === owner ? { left: "owns the model" as const } : {}
    if (kind === "missing" || (kind === "owner" && projects.includes(project))) {
      return [{ project, why: "missing", ...endOf(project), ...left }]
    }
    if (mode !== "exact" || !(isTakenAway || (kind === "kept" && project !== owner))) return []
    return (isTakenAway ? all : all.slice(1)).map(({ created_at, id }) => ({
      project,
      permission: { id, created_at },
      why: isTakenAway ? kind : "duplicate",
      ...(kind === "ended" ? endOf(project) : {})
    }))
  })
  return {
    ...{ checkpoint, mode },
    ...(owner === undefined ? {} : { owner }),
    ...(readFrom === undefined ? {} : { readFrom }),
    readAt,
    found: permissions,
    kept: compared.flatMap(({ kind, project }) => (kind === "kept" && project !== owner ? [project] : [])),
    steps
  } satisfies CheckpointPlan
}

export const countsOf = (plans: ReadonlyArray<CheckpointPlan>, unread: ReadonlyArray<UnreadCheckpoint>): Counts => {
  const steps = plans.flatMap(planned)
  const grants = grantsIn(steps).length
  return {
    checkpoints: plans.length + unread.length,
    grants,
    revokes: steps.filter(isRevoke).length,
    unchanged: plans.reduce((total, { kept }) => total + kept.length, 0),
    duplicates: steps.filter(({ why }) => why === "duplicate").length,
    unread: unread.length,
    creates: plans.reduce((sum, one) => sum + Math.ceil(grantsIn(planned(one)).length / limits.projectsPerCreate), 0),
    deletes: steps.length - grants
  }
}

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

/**
 * Returns a plan in which the steps are left out that the difference between its policy and `base` does not explain: only
 * a changed intention for a project, or an end of access that has passed, explains one.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category conversions
 */
export const withUnexplained = (plan: AccessPlan, base: AccessPolicy): Either.Either<AccessPlan, InvalidPolicy> =>
  Either.map(changesBetween(base, plan.policy, plan.createdAt), (changes) =>
    withCounts(plan, (one) => ({
      ...one,
      steps: one.steps.map((step) =>
        step.left !== undefined || isOfEnd(step) || commitOf(changes, one.checkpoint, step.project) !== undefined
          ? step
          : { ...step, left: "not in the change" }
      )
    }))
  )

/** Returns a plan with changed checkpoints, and their counts. */
export const withCounts = (plan: AccessPlan, change: (one: CheckpointPlan) => CheckpointPlan): AccessPlan => {
  const checkpoints = plan.checkpoints.map(change)
  return { ...plan, checkpoints, counts: countsOf(checkpoints, plan.unread) }
}
