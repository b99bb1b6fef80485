/**
 * The difference between a policy and what the server has: a value that prints,
 * saves and loads, and holds what it was made from.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AccessMatrix } from "./internal/audit/matrix.ts"
import * as file from "./internal/plan/file.ts"
import * as fromAudit from "./internal/plan/fromMatrix.ts"
import type { AccessPlan, PlanRefused } from "./internal/plan/model.ts"
import { fromState } from "./internal/policy/make.ts"
import { type InvalidPolicy, orInvalid } from "./internal/policy/mistake.ts"
import type { AccessPolicy } from "./internal/policy/model.ts"

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
 * The plan as a file: JSON, to be read by people too.
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
 * const file = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap(AccessPlan.toJson),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(JSON.parse(file).counts.grants, 1)
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const toJson: (plan: AccessPlan) => Effect.Effect<string> = file.toJson
/**
 * The SHA-256 of the plan's file, as `sha256:<hex>`: what a review can pin.
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
 * const sha256 = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap(AccessPlan.sha256Of),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.match(sha256, /^sha256:[0-9a-f]{64}$/)
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const sha256Of: (plan: AccessPlan) => Effect.Effect<string> = file.sha256Of

/**
 * Reads a plan's file. Steps and counts are derived again from the policy and
 * the snapshot in it; a plan whose own do not follow is refused as edited. With
 * `sha256` the file must be the very one that was reviewed.
 *
 * @example
 * ```ts
 * import { Access, AccessPlan } from "@checkpoint-permissions/access"
 * import { Effect, Stream } from "effect"
 *
 * const applied = Effect.fn(function* (file: string) {
 *   const plan = yield* AccessPlan.fromJson(file, { sha256: "sha256:9f86d0…" })
 *   return yield* Stream.runCount(Access.apply(plan))
 * })
 * ```
 *
 * @category files
 * @since 0.1.0
 */
export const fromJson = (
  text: string,
  options?: { readonly sha256?: string | undefined }
): Effect.Effect<AccessPlan, PlanRefused> => file.fromJson(text, options?.sha256)

/**
 * A plan from an audit that was saved, without a request: for a report. It is as
 * old as the audit, and `Access.apply` reads each of its checkpoints before it
 * writes. Checkpoints that the audit does not know in full are `unread`.
 *
 * @example
 * ```ts
 * import { AccessMatrix, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
 * import { Effect } from "effect"
 *
 * const planned = Effect.fn(function* (policy: string, audit: string) {
 *   return yield* AccessPlan.fromMatrix(yield* AccessPolicy.parse(policy), yield* AccessMatrix.fromJson(audit))
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromMatrix: (policy: AccessPolicy, matrix: AccessMatrix) => Effect.Effect<AccessPlan> =
  fromAudit.fromMatrix

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
    orInvalid(() =>
      fromState(
        plan.checkpoints.map(({ checkpoint, found, owner }) => ({
          checkpoint,
          owner,
          projects: found.map((permission) => permission.project_id)
        }))
      )
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
