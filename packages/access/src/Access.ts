/**
 * Access as code: grant and revoke access to checkpoints, plan and apply a policy, audit. The service is made over
 * `CheckpointPermissions`.
 */
import "./internal/installEffect3.ts"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { AccessStep } from "./AccessStep.ts"
import { apply as applyPlan } from "./internal/apply/apply.ts"
import type { ApplyOptions } from "./internal/apply/options.ts"
import { audit as auditCheckpoints, checkInput } from "./internal/audit/audit.ts"
import type { AccessMatrix, AuditOptions } from "./internal/audit/matrix.ts"
import { revokePermission, runWrites } from "./internal/checkpoint/calls.ts"
import * as State from "./internal/checkpoint/state.ts"
import type { WriteOptions } from "./internal/checkpoint/writes.ts"
import type { JournalFailed } from "./internal/journal.ts"
import { runOffboarding } from "./internal/offboard/offboard.ts"
import type { Offboarded, OffboardOptions, OffboardStep } from "./internal/offboard/verdict.ts"
import { plan as planPolicy } from "./internal/plan/plan.ts"
import { revoking } from "./internal/plan/revoking.ts"
import type { AccessPlan, PlanOptions, PlanRefused } from "./internal/plan/steps.ts"
import type { AccessPolicy } from "./internal/policy/entry.ts"
import { streamSteps } from "./internal/run/until.ts"
import type { GrantError, Granted, Revoked, RevokeError, Service } from "./internal/service.ts"

export { resultFor } from "@checkpoint-permissions/protocol/writes"
export { checkPlan } from "./internal/apply/options.ts"
export { remaining, sentences } from "./internal/offboard/text.ts"
export { estimate } from "./internal/plan/estimate.ts"
export type {
  ApplyOptions,
  AuditOptions,
  GrantError,
  Granted,
  Offboarded,
  OffboardOptions,
  OffboardStep,
  PlanOptions,
  Revoked,
  RevokeError,
  Service,
  WriteOptions
}

/**
 * The service as a tag.
 *
 * @category tags
 */
export class Access extends Context.Tag("@checkpoint-permissions/access/Access")<Access, Service>() {}

const spanned = <A, E, R>(name: string, self: Effect.Effect<A, E, R>) =>
  Effect.withSpan(self, name, { captureStackTrace: false })

/**
 * Makes the service over a `CheckpointPermissions`. Two services do not exclude each other's writes: make one per
 * program.
 *
 * @category constructors
 */
export const make = (permissions: CheckpointPermissions.Service): Effect.Effect<Service> =>
  Effect.map(State.make(permissions), (state) =>
    Access.of({
      grant: (checkpoint, projects, options) =>
        spanned("Access.grant", runWrites(state, "create", writes.grant, checkpoint, projects, options)),
      revoke: (checkpoint, projects, options) =>
        spanned("Access.revoke", runWrites(state, "delete", writes.revoke, checkpoint, projects, options)),
      revokePermission: (checkpoint, permission, options) =>
        spanned("Access.revokePermission", revokePermission(state, checkpoint, permission, options)),
      plan: (policy, options) => spanned("Access.plan", planPolicy(state, policy, options)),
      apply: (plan, options) => applyPlan(state, plan, options),
      planRevoking: (matrix, project) => revoking(state.token, matrix, project),
      audit: (checkpoints, options) =>
        spanned("Access.audit", Effect.scoped(auditCheckpoints(state, checkpoints, options)))
    })
  )

/**
 * The service as a layer.
 *
 * @example
 * ```ts
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer } from "effect"
 *
 * const access = Access.layer.pipe(
 *   Layer.provide(CheckpointPermissions.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @category layers
 */
export const layer: Layer.Layer<Access, never, CheckpointPermissions.CheckpointPermissions> = Layer.effect(
  Access,
  Effect.flatMap(CheckpointPermissions.CheckpointPermissions, make)
)

/**
 * Makes sure that each project has exactly one permission for a checkpoint: `grant` of the {@link Service}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { alreadyGranted, granted } = await Access.grant(checkpoint, ["proj_a", "proj_b"]).pipe(
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(granted, ["proj_b"])
 * assert.deepEqual(alreadyGranted, ["proj_a"])
 * ```
 *
 * @category operations
 */
export const grant = <E = never>(
  checkpoint: string,
  projects: ReadonlyArray<string>,
  options?: WriteOptions<E>
): Effect.Effect<Granted, GrantError | E, Access> =>
  Effect.flatMap(Access, (access) => access.grant(checkpoint, projects, options))

/**
 * Revokes access to a checkpoint from projects, duplicates included: `revoke` of the {@link Service}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const { revoked } = await Access.revoke(checkpoint, ["proj_a"]).pipe(
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(revoked, ["proj_a"])
 * ```
 *
 * @category operations
 */
export const revoke = <E = never>(
  checkpoint: string,
  projects: ReadonlyArray<string>,
  options?: WriteOptions<E>
): Effect.Effect<Revoked, RevokeError | E, Access> =>
  Effect.flatMap(Access, (access) => access.revoke(checkpoint, projects, options))

/**
 * Compares a policy with the server without changing anything: `plan` of the {@link Service}.
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
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a"] } })),
 *   Effect.runPromise
 * )
 * assert.equal(AccessPlan.isEmpty(plan), true)
 * ```
 *
 * @category operations
 */
export const plan = (
  policy: AccessPolicy,
  options?: PlanOptions
): Effect.Effect<AccessPlan, PermissionsError, Access> =>
  Effect.flatMap(Access, (access) => access.plan(policy, options))

/**
 * Applies a plan, and streams the finished steps: `apply` of the {@link Service}.
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
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
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
 */
export const apply = (
  plan: AccessPlan,
  options?: ApplyOptions
): Stream.Stream<AccessStep, PermissionsError | PlanRefused | JournalFailed, Access> =>
  Stream.unwrap(Effect.map(Access, (access) => access.apply(plan, options)))

/**
 * Reads which projects can use checkpoints, without changing anything: `audit` of the {@link Service}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access, AccessMatrix } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Redacted } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const matrix = await Access.audit([checkpoint]).pipe(
 *   Effect.provide(Access.layer),
 *   Effect.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_search"] } })),
 *   Effect.runPromise
 * )
 * assert.match(AccessMatrix.toText(matrix, { width: 120 }), /proj_search/)
 * ```
 *
 * @category operations
 */
export const audit = (
  checkpoints: ReadonlyArray<string>,
  options?: AuditOptions
): Effect.Effect<AccessMatrix, PermissionsError, Access> =>
  Effect.flatMap(Access, (access) => access.audit(checkpoints, options))

/**
 * Revokes the access of a project at every known checkpoint. Streams the finished steps. The last one is the verdict,
 * {@link Offboarded}.
 *
 * Reads the audit log, and after `confirm` deletes each permission whose grant has no revoke there. Then reads every
 * checkpoint that the log or the options name, deletes the rest, and reads again after each delete. At the end, reads
 * the log again for grants since the beginning. Running it again is safe. It takes no lock.
 *
 * If the log shows a permission, its checkpoint is listed with the filter by project before the first delete. Later
 * listings ask for the project alone only if that listing shows it.
 *
 * A checkpoint or log that cannot be read is not a failure: the verdict reports it. Fails with `InvalidInputError`
 * before the first request, with the log's error if `log` is `"required"`, and with the error of a key that may not list
 * or delete if nothing was deleted. Otherwise fails only with the errors of its callbacks and its journal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { Access } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions, Organization } from "@checkpoint-permissions/client"
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { Effect, Layer, Redacted, Stream } from "effect"
 *
 * const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
 * const options = { adminKey: Redacted.make("sk-admin-test") }
 * const last = await Access.offboard("proj_a", { checkpoints: [checkpoint], owners: { [checkpoint]: "proj_b" } }).pipe(
 *   Stream.runLast,
 *   Effect.flatten,
 *   Effect.provide(Layer.merge(Access.layer, Organization.layer(options))),
 *   Effect.provide(CheckpointPermissions.layer(options)),
 *   Effect.provide(FakePermissions.layer({ seed: { [checkpoint]: ["proj_a", "proj_b"] } })),
 *   Effect.runPromise
 * )
 * assert.deepEqual(last._tag === "Offboarded" && last.endings, [{ _tag: "Removed" }])
 * ```
 *
 * @param project - The id of the project, `proj_…`.
 * @param options - Sources of checkpoints, limits, callbacks and the journal.
 * @category operations
 */
export const offboard = <E = never>(
  project: string,
  options: OffboardOptions<E> = {}
): Stream.Stream<OffboardStep, PermissionsError | JournalFailed | E, Access | Organization> =>
  Effect.gen(function* () {
    const access = yield* Access
    const organization = yield* Organization
    const { checkpoints = [], concurrency, owners } = options
    yield* checkInput(checkpoints, { concurrency, owners, project })
    const id = ProjectId.make(project)
    return streamSteps<OffboardStep, PermissionsError | JournalFailed | E>((emit) =>
      spanned("Access.offboard", Effect.scoped(runOffboarding(access, organization, id, options, emit)))
    )
  }).pipe(Stream.unwrap)
