/**
 * The difference between a policy and what the server has: a value that prints,
 * saves and loads, and holds what it was made from.
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
 * What was found before the plan, as a policy: to go back to. Checkpoints that
 * could not be read are not in it. Fails with `InvalidPolicy` when an id of the
 * server cannot be written in a policy, such as a project id that begins with `@`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const before = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap(AccessPlan.formerState),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(before.checkpoints[checkpoint]?.projects, ["proj_old"])
 * ```
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
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const plan = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(AccessPlan.isEmpty(plan), false)
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const isEmpty = (plan: AccessPlan): boolean => plan.counts.grants === 0 && plan.counts.revokes === 0
