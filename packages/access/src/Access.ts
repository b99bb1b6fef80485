/**
 * Access as code: who may use which checkpoint, made so and kept so. Functions
 * over `CheckpointPermissions`; there is no other service to provide.
 *
 * @since 0.1.0
 */
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AccessMatrix } from "./AccessMatrix.ts"
import type { AccessPlan, PlanRefused } from "./AccessPlan.ts"
import type { AccessPolicy } from "./AccessPolicy.ts"
import type { AccessStep } from "./AccessStep.ts"
import * as internalApply from "./internal/apply/apply.ts"
import type { ApplyOptions } from "./internal/apply/options.ts"
import { unlessRefused } from "./internal/apply/refusal.ts"
import * as internalAudit from "./internal/audit/audit.ts"
import type { AuditOptions } from "./internal/audit/options.ts"
import { calls } from "./internal/checkpoint/calls.ts"
import { checked } from "./internal/checkpoint/input.ts"
import type { Revoked } from "./internal/checkpoint/revoke.ts"
import * as internalRevoke from "./internal/checkpoint/revoke.ts"
import { inTurn } from "./internal/checkpoint/turn.ts"
import { plain } from "./internal/checkpoint/writes.ts"
import type { Estimate } from "./internal/plan/estimate.ts"
import * as internalEstimate from "./internal/plan/estimate.ts"
import type { PlanOptions } from "./internal/plan/options.ts"
import * as internalPlan from "./internal/plan/plan.ts"
import * as internalRevocation from "./internal/plan/revocation.ts"
import type { JournalFailed } from "./Journal.ts"

export type { ApplyOptions } from "./internal/apply/options.ts"
export type { AuditOptions, AuditProgress } from "./internal/audit/options.ts"
export type { Revoked } from "./internal/checkpoint/revoke.ts"
export type { Estimate } from "./internal/plan/estimate.ts"
export type { PlanOptions, Progress } from "./internal/plan/options.ts"

/**
 * What a grant came to: each project is in one of the four.
 *
 * @category models
 * @since 0.1.0
 * @see {@link grant}
 */
export interface Granted extends settling.GrantReport<ProjectId> {}

/**
 * Gives projects access to a checkpoint, each exactly once.
 *
 * It reads first, creates what is missing (100 projects a create), reads again,
 * and of several permissions of one project leaves the oldest (`created_at`,
 * then `id`). A create whose reply was lost is settled by reading back. A create
 * that was answered is not sent again because a listing does not show it: it is
 * read again for half a minute, and is `unlisted` then.
 *
 * For all fibers of one service the promise is exact: they take turns at a
 * checkpoint. Between processes, which this API gives no means to lock, it is
 * convergence: whoever reads last leaves one permission, never none. Not
 * promised: a create that the server carries out only after it was read back.
 *
 * An interruption lets a request in flight finish. Fails with the error of the
 * first project that is refused, once the others are granted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const projects = [Identifiers.ProjectId.make("proj_a"), Identifiers.ProjectId.make("proj_b")]
 * const { alreadyGranted, granted } = await Access.grant(checkpoint, projects).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(granted, ["proj_b"])
 * assert.deepEqual(alreadyGranted, ["proj_a"])
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const grant: (
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) => Effect.Effect<Granted, PermissionsError, CheckpointPermissions> = Effect.fn("Access.grant")(
  function* (checkpoint, projects) {
    const wanted = yield* checked("create", checkpoint, projects)
    const permissions = yield* CheckpointPermissions
    const atCheckpoint = calls(permissions, checkpoint, plain(permissions, checkpoint))
    return yield* inTurn(permissions, checkpoint)(() => Effect.gen(() => settling.grant(atCheckpoint, wanted)))
  }
)

/**
 * Takes access to a checkpoint away from projects: every permission that they
 * have, duplicates too. A permission that somebody else deleted meanwhile is
 * what was wanted: a 404 to its delete is looked up, and is a failure only if
 * the permission is still there.
 *
 * Fibers of one service take turns at a checkpoint. An interruption lets
 * requests in flight finish.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const { revoked } = await Access.revoke(checkpoint, [Identifiers.ProjectId.make("proj_a")]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(revoked, ["proj_a"])
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const revoke: (
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
) => Effect.Effect<Revoked, PermissionsError, CheckpointPermissions> = Effect.fn("Access.revoke")(
  function* (checkpoint, projects) {
    const unwanted = yield* checked("delete", checkpoint, projects)
    const permissions = yield* CheckpointPermissions
    return yield* inTurn(permissions, checkpoint)(() => internalRevoke.revoke(permissions, checkpoint, unwanted))
  }
)

/**
 * Compares a policy with what the server has: one listing for each checkpoint
 * of the policy, and no change.
 *
 * A checkpoint that cannot be read is named in the plan's `unread` and left
 * alone. It ends before its time as {@link audit} does, and fails then only if
 * nothing was read.
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
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(AccessPlan.isEmpty(plan), true)
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const plan: (
  policy: AccessPolicy,
  options?: PlanOptions
) => Effect.Effect<AccessPlan, PermissionsError, CheckpointPermissions> = Effect.fn("Access.plan")(
  function* (policy, options) {
    return yield* internalPlan.plan(yield* CheckpointPermissions, policy, options ?? {})
  }
)

/**
 * Plans to take access to checkpoints away from projects: reads each checkpoint,
 * and changes nothing. The plan is about these projects only: what others have,
 * duplicates too, is left as it is.
 *
 * An admin key cannot list checkpoints: the plan is about the named ones only.
 * Fails as {@link plan} does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const plan = await Access.planRevoke([checkpoint], [Identifiers.ProjectId.make("proj_a")]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(plan.counts.revokes, 1)
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const planRevoke: (
  checkpoints: ReadonlyArray<CheckpointId>,
  projects: ReadonlyArray<ProjectId>,
  options?: PlanOptions
) => Effect.Effect<AccessPlan, PermissionsError, CheckpointPermissions> = Effect.fn("Access.planRevoke")(
  function* (checkpoints, projects, options) {
    const service = yield* CheckpointPermissions
    for (const checkpoint of checkpoints) yield* checked("delete", checkpoint, projects)
    return yield* internalRevocation.planRevoke(
      service,
      [...new Set(checkpoints)],
      [...new Set(projects)],
      options ?? {}
    )
  }
)

/**
 * Whether a plan may be applied now, by this service and with these options:
 * fails as {@link apply} does before its first request. For what is to be shown
 * and confirmed first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const refused = await AccessPolicy.make({
 *   version: 1,
 *   checkpoints: { [checkpoint]: { projects: ["proj_a"] } }
 * }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap((plan) => Effect.flip(Access.checkPlan(plan, { maxRevokes: 0 }))),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(refused.reason, "revokes")
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const checkPlan = (
  plan: AccessPlan,
  options?: Pick<ApplyOptions, "maxAge" | "maxRevokes" | "policyDigest">
): Effect.Effect<void, PlanRefused, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, (service) => unlessRefused(service, plan, options ?? {}))

/**
 * Applies a plan: a stream of what is done, step by step.
 *
 * Grants of a checkpoint come before its revokes, which are left out if a grant
 * failed: one create for each 100 projects, one delete for each permission, and
 * one listing after the creates of a checkpoint. That listing settles doubles
 * and is the verdict: `CheckpointFinished` says when it was read.
 *
 * Nothing is deleted that the plan does not show, apart from doubles of what it
 * grants. A double is deleted only right after a reading that shows the older
 * permission beside it.
 *
 * A checkpoint that the plan did not read in this run, as in a plan that was
 * loaded, is read before its first write. What the plan's steps do not explain
 * is drift: the checkpoint is left as it is (`Drifted`).
 *
 * The failure of one checkpoint is a step and does not stop the others. When
 * three in a row fail in the same way, the next are tried once each, without
 * retries; after ten in a row the apply ends with `Stopped`, and the stream fails
 * with that error. So it does at once when the key is not accepted or lacks the
 * scope, the quota is used up, or the rate lets nothing through for as long as
 * the retries last. It fails with `PlanRefused` before anything is
 * done, and with `JournalFailed` when a line cannot be written. An interruption,
 * too, lets requests in flight finish and be written down.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted, Stream } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const steps = await AccessPolicy.make({ version: 1, checkpoints: { [checkpoint]: { projects: ["proj_a"] } } }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap((plan) => Stream.runCollect(Access.apply(plan, { maxRevokes: 10 }))),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(
 *   Array.from(steps, (step) => step._tag),
 *   ["Granted", "Revoked", "CheckpointFinished"]
 * )
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const apply = (
  plan: AccessPlan,
  options?: ApplyOptions
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed, CheckpointPermissions> =>
  Stream.unwrap(
    Effect.map(CheckpointPermissions, (permissions) => internalApply.apply(permissions, plan, options ?? {}))
  )

/**
 * Reads who can use what: one listing for each checkpoint, and no change.
 *
 * A checkpoint that cannot be read, or not to the end, is unknown in the matrix
 * with the reason, save for what was seen: never "no access".
 *
 * When three checkpoints in a row fail in the same way, the next are tried once
 * each, without retries; after ten in a row no further request is made, and the
 * rest is unknown. So it is at once when the key is not accepted or lacks the
 * scope, the quota is used up, or the rate lets nothing through for as long as
 * the retries last. Fails with that error only if nothing was read. A checkpoint
 * that is not there, that is refused as a bad request, or whose listing cannot be
 * trusted neither counts nor breaks the row: an audit of nothing else is unknown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Identifiers } from "@checkpoint-permissions/core"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * assert.match(AccessMatrix.toTable(matrix, { width: 120 }), /proj_search/)
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const audit: (
  checkpoints: ReadonlyArray<CheckpointId>,
  options?: AuditOptions
) => Effect.Effect<AccessMatrix, PermissionsError, CheckpointPermissions> = Effect.fn("Access.audit")(
  function* (checkpoints, options) {
    return yield* internalAudit.audit(yield* CheckpointPermissions, checkpoints, options ?? {})
  }
)

/**
 * How many requests the application of a plan takes, and how long they take at
 * the present pace of the service.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessPolicy } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const estimate = await AccessPolicy.make({
 *   version: 1,
 *   checkpoints: { [checkpoint]: { projects: ["proj_a"] } }
 * }).pipe(
 *   Effect.flatMap((policy) => Access.plan(policy)),
 *   Effect.flatMap((plan) => Access.estimate(plan)),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-any") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_old"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(estimate.requests.create, 1)
 * assert.equal(estimate.requests.delete, 1)
 * ```
 *
 * @category estimates
 * @since 0.1.0
 */
export const estimate = (
  plan: AccessPlan,
  options?: {
    /** Checkpoints at which nothing is left to do. */
    readonly finished?: ReadonlySet<string> | undefined
  }
): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, (permissions) =>
    internalEstimate.estimateOf(permissions, internalEstimate.requestsOf(permissions, plan, options?.finished))
  )

/**
 * The same for reading so many checkpoints, as `plan` and `audit` do, if none
 * has more permissions than go on a page.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const { requests } = await Access.estimateReading(300).pipe(
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("any") })),
 *   Effect.provide(FakePermissions.layer()),
 *   Effect.runPromise
 * )
 * assert.equal(requests.list, 300)
 * ```
 *
 * @category estimates
 * @since 0.1.0
 */
export const estimateReading = (checkpoints: number): Effect.Effect<Estimate, never, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, (permissions) =>
    internalEstimate.estimateOf(permissions, { list: checkpoints, create: 0, delete: 0 })
  )
