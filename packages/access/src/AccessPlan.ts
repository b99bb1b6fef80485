/**
 * The difference between a policy and what the server has: a value that prints, saves and loads, and holds what it was
 * made from.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AccessPlan } from "./internal/plan/model.ts"
import { fromState } from "./internal/policy/make.ts"
import type { InvalidPolicy } from "./internal/policy/mistake.ts"
import type { AccessPolicy } from "./internal/policy/model.ts"

export { fromJson, sha256Of, toJson } from "./internal/plan/file.ts"
export { fromMatrix } from "./internal/plan/fromMatrix.ts"
export {
  AccessPlan,
  CheckpointPlan,
  Counts,
  Found,
  PlanRefused,
  Revoke,
  Unread
} from "./internal/plan/model.ts"

/**
 * What was found before the plan, as a policy: to go back to. Checkpoints that could not be read are not in it. Fails
 * with `InvalidPolicy` when an id of the server cannot be written in a policy, such as a project id that begins with
 * `@`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const formerState = (plan: AccessPlan): Effect.Effect<AccessPolicy, InvalidPolicy> =>
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
 * Whether the plan changes nothing.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isEmpty = (plan: AccessPlan): boolean => plan.counts.grants === 0 && plan.counts.revokes === 0
