/**
 * The difference between a policy and the server: a value that can be printed, saved and loaded, and that contains its
 * policy and snapshot.
 *
 * @since 0.1.0
 */
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import { countsOf } from "./internal/plan/derive.ts"
import type { AccessPlan, CheckpointPlan } from "./internal/plan/model.ts"
import { daysAfter } from "./internal/policy/ends.ts"
import { linesIn } from "./internal/policy/locations.ts"
import type { AccessPolicy, Ending, InvalidPolicy, Source } from "./internal/policy/model.ts"
import { resolve } from "./internal/policy/resolve.ts"
import { fromState } from "./internal/policyText/check.ts"

export { scopeOf } from "./internal/plan/derive.ts"
export { fromJson, sha256Of, toJson } from "./internal/plan/file.ts"
export {
  AccessPlan,
  CheckpointPlan,
  PlanRefused
} from "./internal/plan/model.ts"

/**
 * Returns the access that a plan found, as a policy that restores it. Leaves out checkpoints that could not be read.
 * Fails with `InvalidPolicy` if a policy cannot contain an id of the server, such as a project id that begins with `@`.
 *
 * @category conversions
 */
export const formerState = (plan: {
  readonly checkpoints: ReadonlyArray<Pick<CheckpointPlan, "checkpoint" | "found" | "owner">>
  readonly policy: Pick<AccessPolicy, "names">
}): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.map(
    fromState(
      plan.checkpoints.map(({ checkpoint, found, owner }) => ({
        checkpoint,
        owner,
        projects: found.map((permission) => permission.project_id)
      }))
    ),
    (policy) => (plan.policy.names === undefined ? policy : { ...policy, names: plan.policy.names })
  )

/**
 * Splits a plan into plans of one checkpoint each, in the same order, to be applied separately. They keep the digest of
 * the whole policy. Checkpoints that could not be read are in none of them.
 *
 * @category conversions
 */
export const parts = (plan: AccessPlan): Effect.Effect<ReadonlyArray<AccessPlan>> =>
  Effect.map(Effect.orDie(resolve(plan.policy)), (entries) => {
    const policies = new Map(
      entries.map(({ checkpoint, mode, owner, projects }) => [
        checkpoint,
        { [checkpoint]: { ...(owner === undefined ? {} : { owner }), mode, projects } }
      ])
    )
    return plan.checkpoints.map((part) => ({
      ...plan,
      policy: { version: 1, checkpoints: policies.get(part.checkpoint) ?? {} },
      counts: countsOf([part], []),
      checkpoints: [part],
      unread: []
    }))
  })

/**
 * Returns the access of a plan's policy whose last day is in a range of days, earliest first. Both ends of the range
 * (`2027-01-31`) are included. Default: the plan's own day and the fourteen days after it.
 *
 * @category ends
 */
export const endings = (
  { checkpoints, day }: Pick<AccessPlan, "checkpoints" | "day">,
  days?: { readonly first: string; readonly last: string }
): ReadonlyArray<Ending & { readonly checkpoint: CheckpointId }> => {
  const { first, last } = days ?? { first: day, last: daysAfter(day, 14) }
  return checkpoints
    .flatMap(({ checkpoint, ends = [] }) =>
      ends.flatMap(({ ignored, ...end }) =>
        ignored === true || end.until < first || end.until > last ? [] : [{ ...end, checkpoint }]
      )
    )
    .sort((one, other) => (one.until < other.until ? -1 : one.until > other.until ? 1 : 0))
}

/**
 * Returns a plan with file and line of its policy for each end of access, and for each checkpoint that does not exist.
 *
 * @category conversions
 */
export const withLines = (plan: AccessPlan, sources: ReadonlyArray<Source>): AccessPlan => {
  const located = linesIn(sources)
  return {
    ...plan,
    checkpoints: plan.checkpoints.map((one) =>
      one.ends === undefined
        ? one
        : { ...one, ends: one.ends.map((end) => ({ ...end, ...located(one.checkpoint, end) })) }
    ),
    ...(plan.gone === undefined
      ? {}
      : { gone: plan.gone.map(({ checkpoint }) => ({ checkpoint, ...located(checkpoint) })) })
  }
}

/**
 * Returns true if the plan changes nothing.
 *
 * @category predicates
 */
export const isEmpty = (plan: AccessPlan): boolean => plan.counts.grants === 0 && plan.counts.revokes === 0
